import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, Max, Min, ValidateBy, ValidateIf } from 'class-validator';
import { parseDuration, type Milliseconds } from '../core/instant.js';
import { DEFAULT_CLICK_CLASS_SETTINGS, LONGEST_SIGNAL, type ClickClassSettings } from './click-class-settings.js';

const NONE = /^0[smhdw]$/;

function IsSpan(): PropertyDecorator {
  return ValidateBy({
    name: 'isSpan',
    validator: {
      validate: (value: unknown) =>
        (typeof value === 'string' && NONE.test(value)) || (parseDuration(value) ?? Infinity) <= LONGEST_SIGNAL,
      defaultMessage: (args) =>
        `${args?.property} must be a duration such as "10s", of at most an hour; "0s" turns it off`,
    },
  });
}

/** Null is no way to leave something out: it might as well mean that it is turned off. */
function MayBeLeftOut(): PropertyDecorator {
  return ValidateIf((_, value) => value !== undefined);
}

/** What is not given is as by default. */
export class ClickClassSettingsDto {
  @ApiPropertyOptional({ description: 'A click sooner after the delivery of an email is a machine’s', example: '2s' })
  @MayBeLeftOut()
  @IsSpan()
  machineAfterDelivery?: string;

  @ApiPropertyOptional({ description: 'A click sooner after its delivery is suspect', example: '10s' })
  @MayBeLeftOut()
  @IsSpan()
  suspectAfterDelivery?: string;

  @ApiPropertyOptional({ description: 'So many different links of one delivery at once are a machine’s', example: 3 })
  @MayBeLeftOut()
  @IsInt()
  @Min(2)
  @Max(100)
  burstLinks?: number;

  @ApiPropertyOptional({ description: 'What “at once” is for many links', example: '10s' })
  @MayBeLeftOut()
  @IsSpan()
  burstWithin?: string;

  @ApiPropertyOptional({ description: 'Two different links of one delivery within this are suspect', example: '2s' })
  @MayBeLeftOut()
  @IsSpan()
  pairWithin?: string;

  @ApiPropertyOptional({
    description: 'How far from a click on a honeypot others are a machine’s, too',
    example: '60s',
  })
  @MayBeLeftOut()
  @IsSpan()
  honeypotWithin?: string;
}

export function settingsOf(given: ClickClassSettingsDto): ClickClassSettings {
  const span = (text: string | undefined, otherwise: Milliseconds): Milliseconds =>
    text === undefined ? otherwise : (parseDuration(text) ?? 0);
  const standard = DEFAULT_CLICK_CLASS_SETTINGS;
  return {
    machineAfterDelivery: span(given.machineAfterDelivery, standard.machineAfterDelivery),
    suspectAfterDelivery: span(given.suspectAfterDelivery, standard.suspectAfterDelivery),
    burstLinks: given.burstLinks ?? standard.burstLinks,
    burstWithin: span(given.burstWithin, standard.burstWithin),
    pairWithin: span(given.pairWithin, standard.pairWithin),
    honeypotWithin: span(given.honeypotWithin, standard.honeypotWithin),
  };
}

/** As they are written in a request; every span is of whole seconds. */
export function shownSettings({ burstLinks, ...spans }: ClickClassSettings): Required<ClickClassSettingsDto> {
  const shown = Object.entries(spans).map(([name, span]) => [name, `${span / 1_000}s`]);
  return { ...(Object.fromEntries(shown) as Record<keyof typeof spans, string>), burstLinks };
}
