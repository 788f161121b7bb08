import { Controller, Get, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, IsUUID, Max, Min } from 'class-validator';
import { DataSource } from 'typeorm';
import { RequireScope } from '../auth/require-scope.js';
import { NUMBER, readCursor, writeCursor } from '../cursor.js';
import { query } from '../database.js';
import type { ChangeDetail } from './audit-entry.entity.js';

class AuditLogQueryDto {
  @ApiPropertyOptional({ description: 'The `next` of the page before' })
  @IsOptional()
  @IsString()
  after?: string;

  @ApiPropertyOptional({ description: 'Entries a page', type: Number, default: 50, minimum: 1, maximum: 500 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(500)
  limit = 50;

  @ApiPropertyOptional({ description: 'Only what this API key was used for', format: 'uuid' })
  @IsOptional()
  @IsUUID()
  apiKey?: string;
}

interface EntryView {
  id: string;
  at: Date;
  /** Null: the service itself. */
  actor: { apiKeyId: string; name: string } | null;
  action: string;
  target: Record<string, string>;
  detail: ChangeDetail;
}

@ApiTags('audit log')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/audit-log')
export class AuditLogController {
  constructor(private readonly dataSource: DataSource) {}

  @Get()
  @ApiOperation({ summary: 'Who changed what, newest first' })
  async list(@Query() { after, limit, apiKey }: AuditLogQueryDto) {
    const entries = await query<EntryView>(
      this.dataSource.manager,
      `SELECT audit_log.id, at, action, target, detail,
              CASE WHEN api_key_id IS NOT NULL THEN jsonb_build_object('apiKeyId', api_key_id, 'name', name) END AS actor
         FROM audit_log LEFT JOIN api_keys ON api_keys.id = api_key_id
        WHERE ($1::bigint IS NULL OR audit_log.id < $1) AND ($2::uuid IS NULL OR api_key_id = $2)
        ORDER BY audit_log.id DESC LIMIT $3`,
      [after === undefined ? null : readCursor(after, [NUMBER])[0], apiKey ?? null, limit],
    );
    return { entries, next: entries.length === limit ? writeCursor([entries.at(-1)!.id]) : null };
  }
}
