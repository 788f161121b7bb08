import { Module } from '@nestjs/common';
import { DriftReporter } from './drift-report.js';
import { LinkDriftReporter } from './link-drift-report.js';
import { UtmGovernance } from './utm-governance.js';
import { UtmLintController } from './utm-lint.controller.js';
import { UtmReportsController } from './utm-reports.controller.js';
import { UtmSchemaController } from './utm-schema.controller.js';
import { UtmSchemaStore } from './utm-schema-store.js';

const STORES = [UtmSchemaStore, UtmGovernance];

/** For others: what the naming schema says of values. */
@Module({ providers: STORES, exports: STORES })
export class UtmModule {}

@Module({
  imports: [UtmModule],
  controllers: [UtmSchemaController, UtmLintController, UtmReportsController],
  providers: [DriftReporter, LinkDriftReporter],
})
export class UtmApiModule {}
