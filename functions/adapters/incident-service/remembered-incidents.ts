// Rules: test/adapters/incidents/http-incidents.test.ts
import type { NumericDate } from '../../domain/values.ts'
import { faultName } from '../../operations/faults.ts'
import type { Clock, IncidentReader, Log, TaskLook, TaskService } from '../../operations/ports.ts'

/** The time for which an answer is cached, so that a retry of an opening reuses it. Seconds. */
const remembered = 30

/** The incident service, of any kind. It never throws, so that a failed service does not lock people out. */
export function rememberIncidents(
  reader: IncidentReader,
  { clock, log }: { clock: Clock; log?: Pick<Log, 'warn'> | undefined },
): TaskService {
  let last: { incident: string; look: Promise<TaskLook>; until: NumericDate } | undefined
  const ask = async (incident: string): Promise<TaskLook> => {
    try {
      return await reader.read(incident)
    } catch (fault) {
      log?.warn('incidents_unreachable', { fault: faultName(fault) })
      return { answer: 'unreachable' }
    }
  }
  return {
    look: (incident) => {
      const now = clock.now()
      if (last?.incident === incident && now < last.until) return last.look
      const own = { incident, look: ask(incident), until: now + remembered }
      last = own
      // Caches no failure: a retry may succeed.
      void own.look.then(({ answer }) => {
        if (answer === 'unreachable' && last === own) last = undefined
      })
      return own.look
    },
  }
}
