import type { Account } from '../../../functions/domain/policy/bundle.ts'
import type { JsonObject, ToolId } from '../../../functions/domain/values.ts'
import type { AwsReader } from '../../../functions/targets/aws/ports.ts'
import type { Found, ReadAsk } from '../../../functions/targets/reach.ts'
import type { ToolReader } from '../../../functions/targets/tool/reach.ts'

/** Answers by the name of the read, for AWS and tools alike. It remembers its calls. */
export class MemorySources implements AwsReader, ToolReader {
  readonly role = 'hotwork/Hotwork-reader'
  readonly asked: { action: string; arguments: JsonObject; of: string }[] = []
  readonly #answers = new Map<string, Found | 'silence'>()

  answer(action: string, answer: JsonObject): void {
    this.#answers.set(action, { found: 'answer', answer })
  }

  set(action: string, found: Found | 'silence'): void {
    this.#answers.set(action, found)
  }

  async read({ action, arguments: args, signal }: ReadAsk, of: Account | ToolId): Promise<Found> {
    this.asked.push({ action, arguments: args, of: typeof of === 'string' ? of : of.accountId })
    const found = this.#answers.get(action) ?? { found: 'absent' }
    if (found !== 'silence') return found
    await new Promise((ended) => signal.addEventListener('abort', ended, { once: true }))
    return { found: 'failed', why: 'unavailable', fault: 'AbortError' }
  }
}
