import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { CONFIG_VARIABLES, parseConfig } from '../../src/platform/config.js';

interface Service {
  build?: string;
  image: string;
  command?: string[];
  environment?: Record<string, string | number | null>;
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
  stop_grace_period?: string;
  volumes?: string[];
}

const compose = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
};
const services = Object.entries(compose.services);
const own = services.filter(([, service]) => service.build);
const foreign = services.filter(([, service]) => !service.build);
const dockerfile = readFileSync('Dockerfile', 'utf8');

describe('docker-compose.yml', () => {
  it('runs the API, the worker, PostgreSQL and Redis', () => {
    expect(Object.keys(compose.services).sort()).toEqual(['api', 'postgres', 'redis', 'worker']);
    expect(own.map(([name]) => name).sort()).toEqual(['api', 'worker']);
  });

  it.each(services)('knows whether %s is healthy', (_, service) => {
    expect(service.healthcheck?.test[0]).toMatch(/^CMD/);
    expect(service.healthcheck?.test.length).toBeGreaterThan(1);
  });

  it.each(own)('starts %s when all that it needs is healthy', (_, service) => {
    expect(service.depends_on).toEqual({
      postgres: { condition: 'service_healthy' },
      redis: { condition: 'service_healthy' },
    });
  });

  it.each(own)('sets for %s only variables that the configuration knows', (_, service) => {
    const names = Object.keys(service.environment ?? {});
    expect(names).toEqual(expect.arrayContaining(['DATABASE_URL', 'REDIS_URL']));
    expect(names.filter((name) => !CONFIG_VARIABLES.includes(name))).toEqual([]);
  });

  it.each(foreign)('pins the image of %s to a major version', (_, service) => {
    expect(service.image).toMatch(/^[a-z]+:\d+$/);
  });

  it.each(foreign)('keeps the data of %s in a named volume', (_, service) => {
    const named = (service.volumes ?? []).map((volume) => volume.split(':')[0]!);
    expect(named.length).toBeGreaterThan(0);
    expect(Object.keys(compose.volumes)).toEqual(expect.arrayContaining(named));
  });

  it('holds no secret: each is a variable, and compose refuses to start without the needed ones', () => {
    const values = services.flatMap(([, service]) => Object.entries(service.environment ?? {}));
    const secrets = values.filter(([name]) => /PASSWORD|SECRET|KEY|TOKEN/.test(name)).map(([, value]) => value);
    expect(secrets.filter((value) => !/^\$\{\w+(:-|:\?[^}]+)\}$/.test(String(value)))).toEqual([]);
    expect(compose.services.postgres?.environment?.['POSTGRES_PASSWORD']).toMatch(/^\$\{POSTGRES_PASSWORD:\?/);
    for (const [, service] of own) {
      expect(service.environment?.['DATABASE_URL']).toMatch(/^postgres:\/\/turnout:\$\{POSTGRES_PASSWORD:\?[^}]+\}@/);
    }
  });

  it('asks each of our processes on the port that it is given', () => {
    for (const [, service] of own) {
      const check = service.healthcheck!.test.join(' ');
      const ports = [...check.matchAll(/process\.env\.(\w+)/g)].map(([, name]) => service.environment?.[name!]);
      expect(ports.filter(Boolean)).toHaveLength(1);
    }
  });

  it.each(own)('gives %s longer to stop than it takes', (_, service) => {
    const [, seconds] = /^(\d+)s$/.exec(service.stop_grace_period ?? '') ?? [];
    const { shutdownDelayMs, shutdownTimeoutMs } = parseConfig({});
    expect(Number(seconds) * 1000).toBeGreaterThan(shutdownDelayMs + shutdownTimeoutMs);
  });

  it('runs a worker that the build makes', () => {
    expect(sourceOf(compose.services.worker?.command?.at(-1))).toBe('src/worker.ts');
    expect(existsSync('src/worker.ts')).toBe(true);
  });
});

describe('Dockerfile', () => {
  const stages = dockerfile.split(/^(?=FROM )/m).filter((stage) => stage.startsWith('FROM '));
  const final = stages.at(-1)!;

  it('pins every stage to one major version of Node, one that the package allows', () => {
    const majors = stages.map((stage) => /^FROM node:(\d+)-/.exec(stage)?.[1]);
    expect(new Set(majors).size).toBe(1);
    expect(Number(majors[0])).toBeGreaterThanOrEqual(20);
  });

  it('does not end as root', () => {
    expect([...final.matchAll(/^USER (\S+)$/gm)].map(([, user]) => user)).toEqual(['node']);
  });

  it('listens where other containers can reach it', () => {
    const set = Object.fromEntries([...final.matchAll(/^ENV (.*)$/gm)].flatMap(([, all]) => pairs(all!)));
    expect(parseConfig(set).http.host).toBe('0.0.0.0');
  });

  it('installs exactly what the lockfile says, and no development packages into the final image', () => {
    const installs = [...dockerfile.matchAll(/^RUN npm (\w+)(.*)$/gm)].map(([line]) => line);
    expect(installs).toHaveLength(2);
    for (const install of installs) expect(install).toMatch(/^RUN npm ci\b/);
    const stageOfPackages = /^COPY --from=(\w+) \S*node_modules/m.exec(final)?.[1];
    const packages = stages.find((stage) => stage.startsWith('FROM') && stage.includes(` AS ${stageOfPackages}\n`));
    expect(packages).toMatch(/COPY package\.json package-lock\.json/);
    expect(packages).toMatch(/npm ci --omit=dev/);
  });

  it('copies only what is there, and what .dockerignore lets through', () => {
    const ignore = readFileSync('.dockerignore', 'utf8').split('\n');
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, paths]) => paths!.split(' '));
    expect(copied).toContain('src');
    expect(copied.filter((path) => !existsSync(path))).toEqual([]);
    expect(copied.filter((path) => !ignore.includes(`!${path}`))).toEqual([]);
  });

  it('starts an API that the build makes, and asks it whether it is ready', () => {
    const command = /^CMD (\[.*\])$/m.exec(final)?.[1];
    expect(sourceOf((JSON.parse(command!) as string[]).at(-1))).toBe('src/main.ts');
    expect(existsSync('src/main.ts')).toBe(true);
    expect(final).toMatch(/^HEALTHCHECK [^]*\/readyz/m);
  });
});

/** The source that the build makes a file of dist from: it keeps the folders, below `outDir`. */
function sourceOf(built: string | undefined): string | undefined {
  return built?.replace(/^dist\//, '').replace(/\.js$/, '.ts');
}

/** The variables of an ENV line. */
function pairs(line: string): string[][] {
  return line.split(' ').map((pair) => pair.split('='));
}
