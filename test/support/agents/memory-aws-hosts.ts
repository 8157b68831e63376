import type { Json } from '../../../functions/domain/values.ts'
import type { ListedRole } from '../../../functions/operations/agents/ports.ts'
import { HostUnseen } from '../../../functions/operations/faults.ts'
import type { HostRead } from '../../../functions/targets/aws/ports.ts'
import { makeProbers } from '../../../functions/targets/aws/probe-hosts.ts'
import { type HostPolicy, MemoryHostSimulator } from './memory-host-simulator.ts'

/** An account in memory: roles with trust policies and rights, and the answers of services. */
export class MemoryAwsHosts {
  readonly simulator: MemoryHostSimulator
  readonly #roles: ListedRole[] = []
  readonly #answers = new Map<string, Json>([
    ['secretsmanager:ListSecrets', {}],
    ['ssm:DescribeParameters', {}],
  ])
  /** The fault of each list of roles. */
  listFault: HostUnseen | undefined
  lists = 0
  isLate = () => false
  reads = 0

  constructor(simulator = new MemoryHostSimulator()) {
    this.simulator = simulator
  }

  role(name: string, trust: object, ...policies: readonly HostPolicy[]): string {
    const arn = `arn:aws:iam::000000000000:role/${name}`
    this.#roles.push({ arn, trust: JSON.stringify({ Version: '2012-10-17', Statement: [trust] }) })
    this.simulator.attach(arn, ...policies)
    return arn
  }

  answer(action: HostRead, answer: Json): void {
    this.#answers.set(action, answer)
  }

  readonly probers = () =>
    makeProbers({
      home: '111111111111',
      simulator: this.simulator,
      isLate: () => this.isLate(),
      list: {
        roles: async () => {
          this.lists += 1
          if (this.listFault) throw this.listFault
          return [...this.#roles]
        },
        boundary: async (role) => this.simulator.boundaries.get(role) ?? null,
      },
      reads: {
        read: async (action) => {
          this.reads += 1
          const answer = this.#answers.get(action)
          if (answer === undefined) throw new HostUnseen('no_such_role')
          return answer
        },
      },
    })
}
