import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Put, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { RequireScope } from '../platform/auth/require-scope.js';
import { heldCatalogueRevision } from '../platform/catalogue-revision.js';
import { Problem, type ProblemEntry } from '../platform/problem.js';
import { alignmentOf, isHost, isHostRule, isOpenToAnybody, type Alignment } from './hosts.js';
import { LinkDomainStore, type DomainDefinition } from './link-domain-store.js';
import { PutLinkDomainDto } from './link-domain.dto.js';
import type { LinkDomain } from './links.entities.js';

/** The hosts under which links are served. */
@ApiTags('links')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/link-domains')
export class LinkDomainsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly domains: LinkDomainStore,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List the branded domains, and whether each goes with its sending domain' })
  async list() {
    return { domains: (await this.domains.list(this.dataSource.manager)).map(shown) };
  }

  @Get(':host')
  @ApiOperation({ summary: 'Show a branded domain' })
  async get(@Param('host') host: string) {
    const domain = await this.domains.find(this.dataSource.manager, host);
    if (!domain) throw Problem.notFound(`There is no link domain "${host}".`);
    return shown(domain);
  }

  @Put(':host')
  @ApiOkResponse({ description: 'Was there, and is changed' })
  @ApiCreatedResponse({ description: 'Is new' })
  @ApiOperation({ summary: 'Declare a branded domain; what it allows holds for links already sent, too' })
  async put(
    @Param('host') host: string,
    @Body() body: PutLinkDomainDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const domain: DomainDefinition = {
      host,
      allowedHosts: [...new Set(body.allowedHosts)],
      sendingDomain: body.sendingDomain ?? null,
    };
    const problems = problemsOf(domain);
    if (problems.length > 0) throw Problem.badRequest('The link domain is not right.', problems);
    const { existed, kept } = await this.dataSource.transaction(async (tx) => {
      await heldCatalogueRevision(tx); // no link is being made meanwhile
      const { leading } = await this.domains.linksOf(tx, host);
      if (leading > 0) throw Problem.conflict(`${leading} tracked links lead to ${host}: it can't serve links, too.`);
      return { existed: await this.domains.put(tx, domain), kept: (await this.domains.find(tx, host))! };
    });
    void reply.status(existed ? HttpStatus.OK : HttpStatus.CREATED);
    return shown(kept);
  }

  @Delete(':host')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Remove a branded domain that has no links' })
  async remove(@Param('host') host: string): Promise<void> {
    await this.dataSource.transaction(async (tx) => {
      await heldCatalogueRevision(tx); // no link is being made meanwhile
      const wasThere = await this.domains.remove(tx, host);
      if (!wasThere) throw Problem.notFound(`There is no link domain "${host}".`);
      const { served } = await this.domains.linksOf(tx, host);
      if (served > 0) throw Problem.conflict(`${served} tracked links are served by ${host}, and would lead nowhere.`);
    });
  }
}

const HOST_EXPECTED = 'a host name such as "go.example.com": lower case, punycode for other scripts, no port';

function problemsOf({ host, allowedHosts, sendingDomain }: DomainDefinition): ProblemEntry[] {
  const problems: ProblemEntry[] = [];
  if (!isHost(host)) problems.push({ pointer: '', detail: 'the host in the path is none', expected: HOST_EXPECTED });
  allowedHosts.forEach((rule, index) => {
    const pointer = `/allowedHosts/${index}`;
    if (!isHostRule(rule)) {
      problems.push({
        pointer,
        detail: 'neither a host nor "*." and a host',
        expected: `${HOST_EXPECTED}, or "*.example.com"`,
      });
    } else if (isOpenToAnybody(rule)) {
      problems.push({ pointer, detail: 'anybody can have a name there', expected: 'hosts that are your own' });
    } else if (rule === host) {
      problems.push({ pointer, detail: 'links would lead to their own domain', expected: 'hosts of the shop' });
    }
  });
  if (sendingDomain !== null && !isHost(sendingDomain)) {
    problems.push({ pointer: '/sendingDomain', detail: 'no host name', expected: HOST_EXPECTED });
  }
  return problems;
}

interface LinkDomainView extends Pick<LinkDomain, 'host' | 'allowedHosts' | 'sendingDomain'> {
  /** Whether it goes with the sending domain; null where that is not known. */
  alignment: Alignment | null;
  createdAt: string;
  updatedAt: string;
}

function shown({ host, allowedHosts, sendingDomain, createdAt, updatedAt }: LinkDomain): LinkDomainView {
  return {
    host,
    allowedHosts,
    sendingDomain,
    alignment: sendingDomain === null ? null : alignmentOf(host, sendingDomain),
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}
