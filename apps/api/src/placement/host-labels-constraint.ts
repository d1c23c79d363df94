import { SCHEDULER_LIMITS } from '@helix/scheduler';
import { ValidatorConstraint, type ValidatorConstraintInterface } from 'class-validator';

/** Labels that a host is to have: as many and as long as a host's own may be. */
@ValidatorConstraint({ name: 'hostLabels' })
export class HostLabelsConstraint implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    const entries: readonly (readonly [string, unknown])[] = Object.entries(value);
    const { labels, labelChars } = SCHEDULER_LIMITS;
    return (
      entries.length <= labels &&
      entries.every(
        ([name, wants]) => name.length <= labelChars && typeof wants === 'string' && wants.length <= labelChars,
      )
    );
  }

  defaultMessage(): string {
    const { labels, labelChars } = SCHEDULER_LIMITS;
    return `$property must be an object of at most ${String(labels)} names and texts of at most ${String(labelChars)} characters`;
  }
}
