import { Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AuditLogController } from '../audit/audit-log.controller.js';
import { ApiKeyStore } from './api-key-store.js';
import { ApiKeysController } from './api-keys.controller.js';
import { RateLimits, REQUESTS_PER_SECOND, type RequestsPerSecond } from './rate-limits.js';

/** API keys. The guard that asks for them is the application's to install, for all of its routes. */
@Module({
  controllers: [ApiKeysController, AuditLogController],
  providers: [
    {
      provide: RateLimits,
      inject: [REQUESTS_PER_SECOND],
      useFactory: (most: RequestsPerSecond) => new RateLimits(most),
    },
    { provide: ApiKeyStore, inject: [DataSource], useFactory: (dataSource: DataSource) => new ApiKeyStore(dataSource) },
  ],
  exports: [ApiKeyStore, RateLimits],
})
export class AuthModule {}
