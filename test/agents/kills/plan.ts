import { seeded } from '../../../policy-tools/change/random.ts'

/** What a seed says: which call, who decides how, and what is killed when. */
export type Plan = {
  seed: number
  /** Policy alone decides in staging, and people in prod. */
  environment: 'staging' | 'prod'
  verdict: 'approve' | 'deny'
  /** Two hosts have a gate each, and one state folder. */
  hosts: 1 | 2
  /** So often each host calls the same at once. */
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
  /** `at`: the number of a call. So many are lost, and then it is back. */
  | { victim: 'Hotwork'; at: number; times: number; fate: (typeof fates)[number] }

const serverPoints = ['started', 'received', 'executed', 'answering', 'half', 'answered'] as const
const fates = ['unheard', 'answer_lost', 'busy', 'commit lost', 'commit unheard'] as const

/** How many points a whole call has: of a gate, around a host, of Hotwork. */
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
