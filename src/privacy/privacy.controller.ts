import { Readable } from 'node:stream';
import { Controller, Delete, Get, Param, StreamableFile } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { RequireScope } from '../platform/auth/require-scope.js';
import { identifierFromPath } from '../profiles/identifier-reference.js';
import { IdentifierStore } from '../profiles/identifier-store.js';
import { Erasure, nobodyKnown, type Erased } from './erasure.js';
import { ProfileExport } from './profile-export.js';

@ApiTags('profiles')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/profiles/:identifier')
export class PrivacyController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly identifiers: IdentifierStore,
    private readonly erasure: Erasure,
    private readonly exports: ProfileExport,
  ) {}

  @Delete()
  @ApiOperation({
    summary: 'Forget somebody for good',
    description:
      'Removes everything about the profile and those merged into it, asks the destinations to do the same, and turns away ' +
      'what comes late. What is left is a keyed hash of each identifier.',
  })
  async erase(@Param('identifier') reference: string): Promise<Erased> {
    return this.erasure.erase(identifierFromPath(reference));
  }

  @Get('export')
  @ApiOperation({ summary: 'Everything that is held about somebody, a row a line' })
  @ApiProduces('application/x-ndjson')
  async export(@Param('identifier') reference: string): Promise<StreamableFile> {
    const profileId = await this.identifiers.find(this.dataSource.manager, [identifierFromPath(reference)]);
    if (profileId === undefined) throw nobodyKnown();
    return new StreamableFile(Readable.from(this.exports.lines(profileId)), { type: 'application/x-ndjson' });
  }
}
