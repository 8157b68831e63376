import type { IncidentServices } from '../../domain/policy/incident-service.ts'
import type { IncidentReader, TaskLook } from '../../operations/ports.ts'

/** The toy: incidents as notes on a board, by name. */
export class NoticeBoard implements IncidentReader {
  readonly #notes: IncidentServices['board']['notes']

  constructor({ notes }: IncidentServices['board']) {
    this.#notes = notes
  }

  async read(incident: string): Promise<TaskLook> {
    const title = Object.hasOwn(this.#notes, incident) ? this.#notes[incident] : undefined
    if (title === '') throw new TypeError('the note is torn')
    return title === undefined ? { answer: 'unknown' } : { answer: 'known', incident: { title } }
  }
}
