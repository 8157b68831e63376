import { StreamRow } from '../../../functions/domain/events/stream.ts'
import type { ToolId } from '../../../functions/domain/values.ts'
import type { StreamChange, StreamStore } from '../../../functions/operations/events/ports.ts'
import type { MemoryLedgerStore } from '../ledger/memory-ledger-store.ts'

/** The streams of tools in memory. */
export class MemoryStreamStore implements StreamStore {
  readonly #ledger: MemoryLedgerStore
  readonly #rows = new Map<ToolId, { version: number; row: string }>()

  constructor(ledger: MemoryLedgerStore) {
    this.#ledger = ledger
  }

  async load(tool: ToolId) {
    const { version, row } = this.#rows.get(tool) ?? { version: 0, row: '{}' }
    return { ...StreamRow.parse(JSON.parse(row)), version }
  }

  async save({ tool, version, row, appended }: StreamChange): Promise<boolean> {
    const isStale = () => (this.#rows.get(tool)?.version ?? 0) !== version
    if (isStale()) return false
    if (appended && !(await this.#ledger.append(tool, appended.expected, appended.entries, appended.head))) return false
    if (isStale()) throw new Error('another writer came between')
    this.#rows.set(tool, { version: version + 1, row: JSON.stringify(row) })
    return true
  }
}
