// Rules: test/targets/kubernetes/check.test.ts
import type { Check } from '../kind.ts'
import type { KubernetesEntry } from './rules/entry.ts'

export const checkKubernetes: Check<KubernetesEntry> = ({ tool, kubernetes }, aliases, say) => {
  if (tool === 'kubernetes' && !kubernetes)
    say([], '`kubernetes` is missing', `add it: the act, at one of ${aliases.join(', ')}`)
  if (tool !== 'kubernetes' && kubernetes)
    say(['kubernetes'], '`kubernetes` is for an action in a cluster', 'take it out')
}
