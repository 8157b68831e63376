// Rules: test/infra/lambdas.test.ts, test/infra/rows.test.ts
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** The start of the id of a chain of entries, and the row of the requests table that holds its end. */
export const headOf = {
  req_: 'REQ#req_',
  bgl_: 'REQ#bgl_',
  stp_: 'PERMIT#stp_',
  hlt_: 'HLT#hlt_',
  sin_: 'SIN#sin_',
  'agent:': 'CHAIN#agent:',
  'person:': 'CHAIN#person:',
  'tool:': 'CHAIN#tool:',
  'group:': 'CHAIN#group:',
  'sealed:': 'CHAIN#sealed:',
} as const

/** The key prefixes of the rows that it may put: the ends of its chains, and its rows. */
export const rowsPutBy = ({ chains = [], rows = [] }: Pick<Descriptor, 'chains' | 'rows'>): readonly string[] => [
  ...chains.map((chain) => headOf[chain]),
  ...rows,
]

/** In API Gateway's form: `POST /token`, and `$default` for any address without a route. */
export type Route = `${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}` | '$default'

/** The verbs of a target: each has a function and a role of its own. */
export type Verb = 'issue' | 'call' | 'end' | 'tell' | 'reconcile' | 'report'

export type Caller = 'agents' | 'tools' | 'people' | 'pages' | 'channels' | 'streams' | 'timers' | 'transmitters'

/** The form of `<entry>.lambda.json`, beside its entry. test/infra/lambdas.test.ts holds each to this form. */
export type Descriptor = {
  /** The verb, if it acts on a single kind of target. */
  verb?: Verb
  /** The caller, unless the folder says it. */
  caller?: Caller
  /** `answers` asks policy, `facts` reads the files alone. */
  policy: 'none' | 'facts' | 'answers'
  /** Whether it uses the dates in the files alone, and reads no recertification. */
  asDeployed?: true
  routes?: readonly Route[]
  /** The throttle of its routes, if they have one of their own: infra/constructs/hotwork-api.ts. */
  limit?: 'public' | 'own'
  /** Variables of its environment. */
  told: readonly string[]
  /**
   * Rows that it may put: entries and the ends of their chains, other rows of the requests table by their key prefixes, and
   * personal texts.
   */
  chains?: readonly (keyof typeof headOf)[]
  rows?: readonly `${string}#`[]
  texts?: true
  /** Whether it shows people the personal texts of entries. */
  showsTexts?: true
  /** Kinds of statements that it may have signed. */
  signs?: readonly string[]
  /** The end of its role's fixed name, where a policy of a target account names it. */
  role?: string
  /**
   * Concurrency reserved from the rest of the account: a bound too. Functions that stop things have it, so that no flood
   * starves them.
   */
  reserved?: number
  /** Its own alarm for thrown faults, beside the one for all functions. */
  alarm?: true
  seconds?: number
  /** If not 512 for `answers` and 256 for the rest. 1,769 is a whole processor. */
  megabytes?: number
  /** The reason for its time, memory or concurrency. */
  why?: string
}

/** `entry`: its file in `functions/`, without the ending. `kind`: of the target, if it acts on a single one. */
export type Lambda = Descriptor & { name: string; entry: string; caller: Caller; kind?: string }

const beside = join(import.meta.dirname, 'functions')

/** In the package this file lies in `dist`, beside the prebuilt code. In a checkout there is none. */
export const prebuilt: string | undefined = existsSync(beside) ? beside : undefined

export const code = join(import.meta.dirname, '../functions')

/** The package has them in one file, beside the code. */
export const lambdas: readonly Lambda[] =
  prebuilt === undefined ? readDescriptors() : parse(join(prebuilt, 'lambdas.json'))

function readDescriptors(): readonly Lambda[] {
  const ending = '.lambda.json'
  const files = readdirSync(code, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith(ending))
  return files.sort().map((file) => {
    const entry = file.slice(0, -ending.length)
    const [layer, folder] = dirname(entry).split('/') as [string, string]
    return {
      ...{ name: basename(entry), entry, caller: (layer === 'channels' ? layer : folder) as Caller },
      ...(layer === 'targets' && { kind: folder }),
      ...parse<Descriptor>(join(code, file)),
    }
  })
}

function parse<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8'))
}

const byName = new Map(lambdas.map((each) => [each.name, each]))

/** @throws if no entry has that name */
export function lambdaNamed(name: string): Lambda {
  const found = byName.get(name)
  if (!found) throw new Error(`functions/ has no ${name}.lambda.json`)
  return found
}

/** @throws if that kind has no such Lambda */
export function lambdaOf(kind: string, verb: Verb): string {
  const found = lambdas.find((each) => each.kind === kind && each.verb === verb)
  if (!found) throw new Error(`functions/targets/${kind} has no Lambda for \`${verb}\``)
  return found.name
}

/** The reader roles that target accounts trust: those of functions that are told a reader to assume. */
export const readers = lambdas.flatMap(({ role, told }) => (told.includes('READER_ROLE') ? (role ?? []) : [])).sort()

/** The program of policy authors, which compiles policies. */
export const policyProgram =
  prebuilt === undefined ? join(code, '../policy-tools/policy.ts') : join(prebuilt, 'policy/index.cjs')

/** In a checkout alone. */
export const openApiProgram = join(code, 'openapi/write.ts')
export const bundler = join(import.meta.dirname, 'bundle-functions.ts')

/** Lambda refuses a reservation that leaves the other functions of an account fewer than these. */
const keptByLambda = 100

export const quotaNeeded = lambdas.reduce((sum, { reserved = 0 }) => sum + reserved, keptByLambda)
