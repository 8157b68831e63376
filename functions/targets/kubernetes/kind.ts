// Rules: test/infra/lambdas.test.ts, test/targets/kubernetes/check.test.ts
import { mediated, targetKind } from '../kind.ts'
import { Cluster, kubernetesPart } from './rules/entry.ts'
import { groupsTooLarge, namesOf, openArguments, whyNotObject } from './rules/pinned.ts'

/** A Kubernetes cluster. Its API server holds a token to one act, by the policies that `hotwork policy export` writes. */
export const kubernetes = targetKind({
  id: 'kubernetes',
  name: 'Kubernetes',
  credentials: { cluster_token: { act: 'kubernetes', words: 'cluster tokens' }, mediated },
  settings: Cluster,
  example: {
    ...{ server: 'https://kubernetes.invalid', audience: 'https://kubernetes.invalid', alg: 'ES256' as const },
    ...{ namespaces: ['default'], ownNamespace: 'hotwork' },
  },
  entry: kubernetesPart,
  ids: 'a path of the API server',
  places: ['cluster'],
  facts: ({ server }) => ({ cluster: new URL(server).host }),
  recordsCalls: false,
  own: { singleUse: 'with a guard', stopsWithin: 'the next write; reads at its end' },
  spelled: { token: 'cluster_token' },
  apart: ['server', 'audience'],
  open: {
    with: openArguments,
    sometimes: openArguments,
    always: [
      'the token also reads what else is in the namespace, but no secrets',
      'without a `guard` the same act can be repeated until the token ends',
    ],
  },
  literals: namesOf,
  refuse: whyNotObject,
  comparesState: ({ kubernetes, credential, preview }) =>
    kubernetes?.guard !== undefined ||
    (credential === 'mediated' && preview !== undefined && kubernetes?.mediated?.call !== 'evict'),
  tooLarge: groupsTooLarge,
})
