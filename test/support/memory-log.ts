import type { Log } from '../../functions/operations/ports.ts'

type Fields = Parameters<Log['info']>[1]
export type Line = { level: 'info' | 'warn' | 'error'; message: string; fields: NonNullable<Fields> }

export class MemoryLog implements Log {
  readonly lines: Line[] = []

  info = (message: string, fields: Fields = {}) => this.#write('info', message, fields)
  warn = (message: string, fields: Fields = {}) => this.#write('warn', message, fields)
  error = (message: string, fields: Fields = {}) => this.#write('error', message, fields)

  #write(level: Line['level'], message: string, fields: NonNullable<Fields>): void {
    this.lines.push({ level, message, fields })
  }
}
