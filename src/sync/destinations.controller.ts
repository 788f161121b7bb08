import { Controller, Get, Inject } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DESTINATIONS, type Destination } from '../destinations/destination.js';
import { DestinationViews } from '../destinations/settings/destination-views.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { GateStore, type GateView } from './gate-store.js';
import { paceOf } from './pace.js';

@ApiTags('destinations')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/destinations')
export class DestinationsController {
  constructor(
    private readonly gates: GateStore,
    private readonly views: DestinationViews,
    @Inject(DESTINATIONS) private readonly destinations: readonly Destination[],
  ) {}

  @Get()
  @ApiOperation({ summary: 'Where pushes go, without secrets: at what pace, and whether they get through' })
  async list() {
    const views = await this.views.all();
    const gates = await this.gates.list();
    const destinations = views.map((view) => {
      const destination = this.destinations.find((one) => one.key === view.key);
      return { ...view, ...(destination && paced(destination, gates)) };
    });
    return { destinations };
  }
}

/** A family that nothing was sent to yet is shown as it will begin. */
function paced(destination: Destination, gates: readonly GateView[]) {
  const { key, limits } = destination;
  return {
    isReadBack: 'readBack' in destination,
    gates: Object.entries(limits).map(([family, limit]) => {
      const known = gates.find((one) => one.destination === key && one.family === family);
      const { breaker = 'closed', failures = 0, failure = null, underWay = 0 } = known ?? {};
      const { openUntil = null, busyUntil = null, slowedTo = null } = known ?? {};
      const { requestsAtOnce } = paceOf(limit);
      const { requestsPerSecond } = limit;
      const pace = { requestsPerSecond, requestsAtOnce, slowedTo, busyUntil, underWay };
      return { family, ...pace, breaker, failures, failure, openUntil };
    }),
  };
}
