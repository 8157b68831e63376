import type { RequestId } from '../../domain/values.ts'
import type { WaitRecord, WaitStore } from '../../operations/requests/ports.ts'
import { condition, numberOf, textOf } from './items.ts'
import { TableStore } from './table.ts'

/**
 * The waits table: one item for each entry into a waiting state, under its request and, as `wait`, its name and
 * attempt. A task token is stored only here, and is removed when the wait has ended. The item stays for a while, so
 * that a late retry of the waiting task cannot create it again.
 */
export class DynamoWaitStore extends TableStore implements WaitStore {
  async remember(wait: WaitRecord): Promise<void> {
    const { attempt, taskToken, expiresAt } = wait
    const row = { ...keyOf(wait), name: wait.wait, attempt, taskToken, expiresAt, ttl: expiresAt }
    const isNewWait = condition('attribute_not_exists(requestId)')
    await this.table.put(this.table.putting(row, isNewWait), 'remember a wait')
  }

  async open(request: RequestId): Promise<readonly WaitRecord[]> {
    const query = {
      where: 'requestId = :request',
      filter: 'attribute_exists(taskToken)',
      values: { request },
    }
    const items = await this.table.queryAll(query, `read the waits of \`${request}\``)
    return items.map((item) => ({
      request,
      wait: textOf(item, 'name'),
      attempt: textOf(item, 'attempt'),
      taskToken: textOf(item, 'taskToken'),
      expiresAt: numberOf(item, 'expiresAt'),
    }))
  }

  async ended(wait: WaitRecord): Promise<void> {
    await this.table.update(keyOf(wait), 'REMOVE taskToken', 'attribute_exists(requestId)', {}, 'end a wait')
  }
}

const keyOf = ({ request, wait, attempt }: WaitRecord) => ({ requestId: request, wait: `${wait}#${attempt}` })
