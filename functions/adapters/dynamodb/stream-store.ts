import { StreamRow } from '../../domain/events/stream.ts'
import type { ToolId } from '../../domain/values.ts'
import type { StreamChange, StreamStore } from '../../operations/events/ports.ts'
import { chainKey } from './chain-ends.ts'
import { endsAt, headRow, numberOf, valueIn, versionIs } from './items.ts'
import { LedgeredStore } from './ledger-store.ts'

/** `STREAM#tool` is the one stream of a tool. A removed stream leaves an empty row, because no role may delete. */
export class DynamoStreamStore extends LedgeredStore implements StreamStore {
  async load(tool: ToolId) {
    const item = await this.requests.get(streamKey(tool), `read the stream of \`${tool}\``)
    return item ? { ...valueIn(item, 'row', StreamRow), version: numberOf(item, 'version') } : { version: 0 }
  }

  async save({ tool, version, row, appended }: StreamChange): Promise<boolean> {
    const own = { ...streamKey(tool), version: version + 1, row: JSON.stringify(row) }
    const put = this.requests.putting(own, versionIs(version))
    const { expected, entries, head } = appended ?? { entries: [] }
    const chain =
      expected && head ? [this.requests.putting({ ...chainKey(tool), ...headRow(head) }, endsAt(expected))] : []
    return (await this.commitAll([put, ...chain], { entries }, `save the stream of \`${tool}\``)).done
  }
}

const streamKey = (tool: ToolId) => ({ pk: `STREAM#${tool}`, sk: 'STREAM' })
