// Rules: test/client/mcp/mcp-gate.test.ts
import { ReadBuffer } from '@modelcontextprotocol/server'

/** The largest message, such as a result with pictures. Bytes. */
export const largestMessage = 64 * 1024 * 1024
const lineEnd = 10

/**
 * Collects chunks and joins them once. The SDK's own buffer copies and searches everything at each chunk: 20 MB block
 * the process for half a minute.
 */
class GatheredLines extends ReadBuffer {
  #chunks: Buffer[] = []
  #size = 0

  constructor() {
    super({ maxBufferSize: largestMessage })
  }

  override append(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    if (!chunk.includes(lineEnd) && this.#size <= largestMessage) return
    const all = Buffer.concat(this.#chunks)
    this.#forget()
    super.append(all)
  }

  override clear(): void {
    this.#forget()
    super.clear()
  }

  #forget(): void {
    this.#chunks = []
    this.#size = 0
  }
}

/** Makes a transport of the SDK read large messages as fast as small ones. */
export function gatherLines<T extends object>(transport: T): T {
  Object.assign(transport, { _readBuffer: new GatheredLines() })
  return transport
}
