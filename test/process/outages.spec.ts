import { livesThrough, outagesWith, type Ground } from '../kills/outages.js';
import { World } from '../kills/world.js';
import { startCustomerioServer, type CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { randomNumbers } from '../support/random-numbers.js';
import { startRedis } from '../support/redis.js';
import { startScratchPostgres } from '../support/scratch-postgres.js';
import { ServiceProcess } from '../support/service-process.js';
import { TurnoutClient, turnoutEnv } from '../support/turnout.js';

// Many times, by command: npm run outages -- --times 20 --seed 1
const OUTAGES = outagesWith(process.env.REDIS_URL ? 'redis' : 'postgres');

describe('a process, with two connections, that nobody starts again', () => {
  let ground: Ground;
  let customerio: CustomerioServer;
  let world: World;
  let service: ServiceProcess;
  let client: TurnoutClient;

  beforeAll(async () => {
    // Servers of its own: these are restarted.
    ground = {
      postgres: await startScratchPostgres({ fsync: 'off' }),
      redis: process.env.REDIS_URL ? await startRedis() : undefined,
    };
    customerio = await startCustomerioServer();
    world = await World.on(ground.postgres.url, customerio, randomNumbers(1));
    service = await ServiceProcess.start({
      ...turnoutEnv({ url: ground.postgres.url }, customerio),
      ...(ground.redis && { REDIS_URL: ground.redis.url }),
      ...{ TURNOUT_ROLES: 'api,worker', DATABASE_POOL_SIZE: '2' },
    });
    client = new TurnoutClient(service.url, service.firstKey!);
    await world.declare(client);
  });

  afterAll(async () => {
    await service.end('SIGKILL');
    await world.pool.end();
    await customerio.stop();
    await ground.redis?.stop();
    await ground.postgres.stop();
  });

  it.each(OUTAGES)('goes on rightly after $name', async (outage) => {
    await livesThrough(outage, world, client, ground);
    expect((await world.standing(client)).wrong).toEqual([]);
  });
});
