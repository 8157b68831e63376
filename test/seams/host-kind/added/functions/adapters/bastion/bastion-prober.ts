import type { Bundle } from '../../domain/policy/bundle.ts'
import type { HostProber, Probed } from '../../operations/agents/ports.ts'
import { HostUnseen } from '../../operations/faults.ts'

/** The toy: a machine that may do everything, while it answers. */
export class BastionProber implements HostProber {
  async probe(where: string, { actions, resources }: Bundle): Promise<Probed> {
    if (where === 'bastion-0') throw new HostUnseen('not_permitted')
    const answers = Object.fromEntries(
      Object.values(actions).map(({ name, resource: { type } }) => [
        name,
        resources
          .filter((rule) => rule.type === type)
          .map(({ id: resource }) => ({ resource, answer: 'allowed' as const, by: ['its shell'] })),
      ]),
    )
    return { actions: answers }
  }
}
