import { seeded } from '../../../policy-tools/change/random.ts'

/** The plan of a seed: the call, its verdict, and the kills. */
export type Plan = {
  seed: number
  /** Policy alone decides in staging, and people in prod. */
  environment: 'staging' | 'prod'
  verdict: 'approve' | 'deny'
  /** Two hosts have a gate each, and one state folder. */
  hosts: 1 | 2
  /** The concurrent copies of the call in each host. */
  atOnce: 1 | 2
  /** The host asks for a task of MCP, and for that task's result. */
  byTask: boolean
  kills: Kill[]
}

export type Kill =
  /** `at`: the number of a point, as in points.ts. */
  | { victim: 'gate'; at: number }
  | { victim: 'server'; at: (typeof serverPoints)[number] }
  /** `at`: the number of an event around the host: a message, a call of Hotwork, a point of the server. */
  | { victim: 'host'; at: number }
  /** `at`: the number of the first lost call; `times`: how many are lost. */
  | { victim: 'Hotwork'; at: number; times: number; fate: (typeof fates)[number] }

const serverPoints = ['started', 'received', 'executed', 'answering', 'half', 'answered'] as const
const fates = ['unheard', 'answer_lost', 'busy', 'commit lost', 'commit unheard'] as const

/** The points of a whole call: of a gate, around a host, of Hotwork. */
type Points = { gate: number; host: number; Hotwork: number }

export function planOf(seed: number, points: Points): Plan {
  const random = seeded(seed)
  const upTo = (most: number) => 1 + Math.floor(random() * most)
  const among = <T>(all: readonly T[]) => all[upTo(all.length) - 1] as T
  const kill = (): Kill => {
    const victim = among(['gate', 'gate', 'gate', 'server', 'host', 'Hotwork'] as const)
    switch (victim) {
      case 'server':
        return { victim, at: among(serverPoints) }
      case 'Hotwork':
        return { victim, at: upTo(points.Hotwork), times: among([1, 1, 2, 5]), fate: among(fates) }
      default:
        return { victim, at: upTo(points[victim]) }
    }
  }
  return {
    seed,
    environment: among(['staging', 'prod']),
    verdict: among(['approve', 'approve', 'approve', 'approve', 'deny']),
    hosts: among([1, 1, 1, 2]),
    atOnce: among([1, 1, 2]),
    byTask: among([true, false, false, false]),
    kills: Array.from({ length: upTo(4) }, kill),
  }
}
