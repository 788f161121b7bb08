import { CONFIG_VARIABLES } from './config.js';
import { misspelt } from './misspelt.js';

describe('names of variables that nobody reads', () => {
  it('are found where a letter or two make one of them that is read', () => {
    const names = ['CUSTOMERIO_SIGNING_KEY', 'RETENTION_DAY', 'SHOPIFY_WEBHOK_SECRETS', 'DATABSE_URL', 'LOGLEVEL'];
    expect(misspelt(names, CONFIG_VARIABLES)).toEqual([
      { name: 'CUSTOMERIO_SIGNING_KEY', meant: 'CUSTOMERIO_SIGNING_KEYS' },
      { name: 'DATABSE_URL', meant: 'DATABASE_URL' },
      { name: 'LOGLEVEL', meant: 'LOG_LEVEL' },
      { name: 'RETENTION_DAY', meant: 'RETENTION_DAYS' },
      { name: 'SHOPIFY_WEBHOK_SECRETS', meant: 'SHOPIFY_WEBHOOK_SECRETS' },
    ]);
  });

  it('are nobody’s business otherwise, and those that are read are none', () => {
    const others = [
      'HOME',
      'PATH',
      'PORTS',
      'HOSTNAME',
      'TURNOUT_API_KEY',
      'TURNOUT_PORT',
      'POSTGRES_PASSWORD',
      'NODE_OPTIONS',
    ];
    const tracing = ['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_TRACES_SAMPLER', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'];
    expect(misspelt([...others, ...tracing, ...CONFIG_VARIABLES], CONFIG_VARIABLES)).toEqual([]);
  });
});
