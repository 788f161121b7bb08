import { Body, Controller, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { LinkDomainStore } from '../links/link-domain-store.js';
import { noteChange } from '../platform/audit/changes.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { RewriteDto } from './rewrite.dto.js';
import { checkWhole, Rewriter } from './rewriter.js';

@ApiTags('links')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/links/rewrite')
export class RewritingController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly domains: LinkDomainStore,
    private readonly rewriter: Rewriter,
  ) {}

  @Post()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    summary: 'A template with its links tracked, otherwise byte for byte as it was, and what became of each link',
    description: 'The same template and values give the same links, and a rewritten template is not changed again.',
  })
  rewrite(@Body() body: RewriteDto) {
    return this.dataSource.transaction(async (tx) => {
      checkWhole(
        body,
        (await this.domains.list(tx)).map(({ host }) => host),
      );
      const rewritten = await this.rewriter.rewrite(tx, body);
      noteChange({ links: rewritten.tracked });
      return rewritten;
    });
  }
}
