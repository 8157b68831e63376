// Rules: test/seams/seams.test.ts
import { PagerDutySchedules } from '../../adapters/pagerduty/schedules.ts'
import { PagerDutySecretReader } from '../../adapters/secretsmanager/secrets.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import type { ReadSourceId } from '../../group-sources/kinds.ts'
import type { GroupReaders } from '../../operations/people/ports.ts'
import { readSchedule } from '../../operations/people/read-sources.ts'
import type { Clock, Log } from '../../operations/ports.ts'

type Told = { PAGERDUTY_SECRET?: string | undefined }
type World = { bundle: Bundle; clock: Clock; log: Log }

/** The reader of each kind of source. */
export const groupReaders = (told: Told, chatGroup: GroupReaders['chatGroup'], world: World) =>
  ({
    chatGroup,
    pager: scheduleReader(told, world),
  }) satisfies { [K in ReadSourceId]: GroupReaders[K] }

function scheduleReader({ PAGERDUTY_SECRET }: Told, { bundle, clock, log }: World): GroupReaders['pager'] {
  if (PAGERDUTY_SECRET === undefined) return undefined
  const secret = new PagerDutySecretReader(PAGERDUTY_SECRET, clock)
  const token = async () => (await secret.read()).token
  return readSchedule(new PagerDutySchedules({ url: bundle.deployment.pager?.url, token }), log)
}
