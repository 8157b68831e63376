import type { Actual } from '../../../functions/domain/uses/actual.ts'
import type { RequestId } from '../../../functions/domain/values.ts'
import type { ActualReader } from '../../../functions/operations/uses/ports.ts'
import { type ActualPorts, readActual } from '../../../functions/targets/aws/actual.ts'

/** The function that reads calls, over a world in memory. It can fail to answer. */
export class MemoryActual implements ActualReader {
  isSilent = false
  readonly #ports: () => ActualPorts

  constructor(ports: () => Omit<ActualPorts, 'region'>) {
    this.#ports = () => ({ ...ports(), region: 'us-east-1' })
  }

  async of(id: RequestId): Promise<Actual | undefined> {
    return this.isSilent ? undefined : readActual(id, this.#ports())
  }
}
