import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';

/** Those of the reports on links. */
const WINDOWS = ['1h', '1d', '3d', '7d', '14d', '30d', '60d', '90d'];
/** Names of Google's own, and what begins as these do, are passed over there without a word. */
const EVENT_NAME =
  /^(?!(google|ga|firebase|gtag|ad|app|dynamic_link|first|in_app|notification|os|session|user)_|(error|screen_view|adunit_exposure)$)[A-Za-z]\w{0,39}$/;

export class Ga4Settings {
  @ApiProperty({ description: 'Measurement id of the web data stream', example: 'G-ABC1234567' })
  @Matches(/^G-[A-Z0-9]{4,20}$/, { message: 'measurementId must be that of a web data stream, such as G-ABC1234567' })
  measurementId!: string;

  @ApiProperty({ description: 'API secret of the Measurement Protocol' })
  @Matches(/^[!-~]{1,200}$/, { message: 'apiSecret must be 1 to 200 printable characters without spaces' })
  apiSecret!: string;

  @ApiPropertyOptional({ description: 'Where events are collected', enum: ['global', 'eu'], default: 'global' })
  @IsOptional()
  @IsIn(['global', 'eu'])
  region?: 'global' | 'eu';

  @ApiPropertyOptional({
    description: 'Send the customer id as user id, as the shop itself does; never one that is an email address',
    default: false,
  })
  @IsOptional()
  @IsBoolean()
  sendUserId?: boolean;

  @ApiPropertyOptional({
    description: 'Send purchases that followed a click on a link, attributed to the call to action, link and campaign',
    default: false,
  })
  @IsOptional()
  @IsBoolean()
  conversions?: boolean;

  @ApiPropertyOptional({ description: 'How long after a click a purchase is its doing', enum: WINDOWS, default: '7d' })
  @IsOptional()
  @IsIn(WINDOWS)
  conversionWindow?: string;

  @ApiPropertyOptional({
    description: 'Which of several clicks within the window is credited',
    enum: ['last', 'first'],
    default: 'last',
  })
  @IsOptional()
  @IsIn(['last', 'first'])
  conversionCredit?: 'last' | 'first';

  @ApiPropertyOptional({ description: 'The event that such purchases are', default: 'turnout_purchase' })
  @IsOptional()
  @Matches(EVENT_NAME, {
    message: "conversionEvent must be 1 to 40 letters, digits and _, and no name of Google's own",
  })
  conversionEvent?: string;

  @ApiPropertyOptional({
    description: 'The event by which a purchase that was sent is taken back, in part or whole',
    default: 'turnout_refund',
  })
  @IsOptional()
  @Matches(EVENT_NAME, { message: "refundEvent must be 1 to 40 letters, digits and _, and no name of Google's own" })
  refundEvent?: string;

  @ApiPropertyOptional({ description: 'How many requests are made in a second at the most', default: 50 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1_000)
  requestsPerSecond?: number;

  @ApiPropertyOptional({ description: 'Another address, at a host of OUTBOUND_TRUSTED_HOSTS' })
  @IsOptional()
  @IsString()
  collectUrl?: string;
}
