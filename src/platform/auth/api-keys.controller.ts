import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { Problem } from '../problem.js';
import { ApiKeyStore } from './api-key-store.js';
import { CreateApiKeyDto } from './create-api-key.dto.js';
import { RequireScope } from './require-scope.js';

@ApiTags('api keys')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/api-keys')
export class ApiKeysController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly keys: ApiKeyStore,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Make an API key; the answer is the only place that ever shows it' })
  async create(@Body() { name, scopes }: CreateApiKeyDto) {
    return this.dataSource.transaction((tx) => this.keys.create(tx, { name, scopes }));
  }

  @Get()
  @ApiOperation({ summary: 'List the API keys without the keys themselves, revoked ones too' })
  async list() {
    return { apiKeys: await this.keys.list(this.dataSource.manager) };
  }

  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Revoke an API key; it is refused everywhere within seconds' })
  async revoke(@Param('id') id: string): Promise<void> {
    const wasThere = await this.dataSource.transaction((tx) => this.keys.revoke(tx, id));
    if (!wasThere) throw Problem.notFound(`There is no API key "${id}".`);
  }
}
