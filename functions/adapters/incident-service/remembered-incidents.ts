import type { NumericDate } from '../../domain/values.ts'
import type { Incidents } from '../../operations/break-glass/ports.ts'
import { faultName } from '../../operations/faults.ts'
import type { Clock, Log } from '../../operations/ports.ts'
import type { IncidentReader, TaskLook, TaskService } from '../../operations/requests/ports.ts'

/** An opening that is tried again does not ask again. Seconds. */
const remembered = 30

/** The service that keeps incidents, of any kind. One that is down keeps no person out, so nothing here throws. */
export class RememberedIncidents implements Incidents, TaskService {
  readonly #reader: IncidentReader
  readonly #world: { clock: Clock; log?: Pick<Log, 'warn'> | undefined }
  #last: { incident: string; look: Promise<TaskLook>; until: NumericDate } | undefined

  constructor(reader: IncidentReader, world: { clock: Clock; log?: Pick<Log, 'warn'> | undefined }) {
    this.#reader = reader
    this.#world = world
  }

  async check(incident: string): Promise<TaskLook['answer']> {
    return (await this.look(incident)).answer
  }

  look(incident: string): Promise<TaskLook> {
    const now = this.#world.clock.now()
    if (this.#last?.incident === incident && now < this.#last.until) return this.#last.look
    const look = this.#reader.read(incident).catch((fault: unknown): TaskLook => {
      this.#world.log?.warn('incidents_unreachable', { fault: faultName(fault) })
      return { answer: 'unreachable' }
    })
    const last = { incident, look, until: now + remembered }
    this.#last = last
    // A failure is not remembered: the next call may have an answer.
    void look.then(({ answer }) => {
      if (answer === 'unreachable' && this.#last === last) this.#last = undefined
    })
    return look
  }
}
