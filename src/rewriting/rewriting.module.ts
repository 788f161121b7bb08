import { Module } from '@nestjs/common';
import { CtasModule } from '../ctas/ctas.module.js';
import { LinksApiModule, LinkStoresModule } from '../links/links.module.js';
import { Rewriter } from './rewriter.js';
import { RewritingController } from './rewriting.controller.js';

@Module({
  imports: [LinksApiModule, LinkStoresModule, CtasModule],
  controllers: [RewritingController],
  providers: [Rewriter],
})
export class RewritingApiModule {}
