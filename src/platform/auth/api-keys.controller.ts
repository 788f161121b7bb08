import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { noteChange } from '../audit/changes.js';
import { Problem } from '../problem.js';
import { ApiKeyStore } from './api-key-store.js';
import { CreateApiKeyDto, RotateApiKeyDto } from './create-api-key.dto.js';
import { RequireScope } from './require-scope.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

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
  async create(@Body() { name, scopes, expiresInDays }: CreateApiKeyDto) {
    const expiresInMs = expiresInDays === undefined ? undefined : expiresInDays * DAY_MS;
    return this.dataSource.transaction(async (tx) => {
      const made = await this.keys.create(tx, { name, scopes, expiresInMs });
      noteChange({ apiKeyId: made.id, scopes });
      return made;
    });
  }

  @Post(':id/rotate')
  @ApiOperation({
    summary: 'Make a key that takes the place of another',
    description: 'Both are good for `graceHours`, in which whoever uses the old one is given the new one.',
  })
  async rotate(@Param('id') id: string, @Body() { graceHours }: RotateApiKeyDto) {
    return this.dataSource.transaction(async (tx) => {
      const made = await this.keys.rotate(tx, id, graceHours * HOUR_MS);
      if (!made) throw Problem.notFound(`There is no API key "${id}" that is still good.`);
      noteChange({ apiKeyId: made.id });
      return made;
    });
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
    await this.dataSource.transaction(async (tx) => {
      if (!(await this.keys.revoke(tx, id))) throw Problem.notFound(`There is no API key "${id}".`);
    });
  }
}
