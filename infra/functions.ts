// Rules: test/infra/lambdas.test.ts, test/infra/rows.test.ts
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** For each chain of entries the start of its id, and the row of the requests table that has its end. */
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
  'profile:': 'CHAIN#profile:',
  'issuer:': 'CHAIN#issuer:',
} as const

/** The key prefixes of the rows that it may put: the ends of its chains, and other rows. */
export const rowsPutBy = ({ chains = [], rows = [] }: Pick<Descriptor, 'chains' | 'rows'>): readonly string[] => [
  ...chains.map((chain) => headOf[chain]),
  ...rows,
]

/** In API Gateway's form: `POST /token`, and `$default` for addresses without a route. */
export type Route = `${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}` | '$default'

/** The verbs of a target. Each has its own function and role. */
export type Verb = 'issue' | 'call' | 'follow' | 'end' | 'tell' | 'reconcile' | 'report'

export type Caller = 'agents' | 'tools' | 'people' | 'pages' | 'channels' | 'streams' | 'timers' | 'transmitters'

/** The form of `<entry>.lambda.json`, beside its entry. test/infra/lambdas.test.ts checks each. */
export type Descriptor = {
  /** The verb, if it acts on one kind of target. */
  verb?: Verb
  /** The caller, if the folder does not give it. */
  caller?: Caller
  /** `answers` asks policy, `facts` only reads the files. */
  policy: 'none' | 'facts' | 'answers'
  /** True if it only reads the files: no agents, no recertifications. */
  asDeployed?: true
  routes?: readonly Route[]
  /** The throttle of its routes, if they have their own: infra/constructs/hotwork-api.ts. */
  limit?: 'public' | 'own'
  /** The variables of its environment. */
  told: readonly string[]
  /**
   * The rows that it may put: entries and the ends of their chains, other rows of the requests table by their key
   * prefixes, and personal texts.
   */
  chains?: readonly (keyof typeof headOf)[]
  rows?: readonly `${string}#`[]
  texts?: true
  /** True if it shows people the personal texts of entries. */
  showsTexts?: true
  /** The kinds of statements that it may have signed. */
  signs?: readonly string[]
  /** The end of its role's fixed name, for the policies of target accounts. */
  role?: string
  /**
   * The concurrency reserved for it, which is also its limit. Functions that stop things have it, so that a flood
   * cannot starve them.
   */
  reserved?: number
  /** True if it has its own alarm for thrown faults, beside the common one. */
  alarm?: true
  seconds?: number
  /** The memory, if not 512 for `answers` and 256 for the rest. 1,769 is a whole processor. */
  megabytes?: number
  /** The reason for its time, memory or concurrency. */
  why?: string
}

/** `entry`: its file in `functions/` without extension. `kind`: the kind of target, if it acts on one. */
export type Lambda = Descriptor & { name: string; entry: string; caller: Caller; kind?: string }

const beside = join(import.meta.dirname, 'functions')

/** The package has the prebuilt code beside this file in `dist`; a checkout lacks it. */
export const prebuilt: string | undefined = existsSync(beside) ? beside : undefined

export const code = join(import.meta.dirname, '../functions')

/** The package has all descriptors in one file, beside the code. */
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

/** The reader roles that target accounts trust: those of functions with a reader to assume. */
export const readers = lambdas.flatMap(({ role, told }) => (told.includes('READER_ROLE') ? (role ?? []) : [])).sort()

/** The role that target accounts let follow runs. */
export const followsRuns = lambdas.flatMap(({ verb, role }) => (verb === 'follow' ? (role ?? []) : [])).join()

/** The policy authors' program, which compiles policies. */
export const policyProgram =
  prebuilt === undefined ? join(code, '../policy-tools/policy.ts') : join(prebuilt, 'policy/index.cjs')

/** Exists only in a checkout. */
export const openApiProgram = join(code, 'openapi/write.ts')
export const bundler = join(import.meta.dirname, 'bundle-functions.ts')

/** The concurrency that Lambda requires for an account's other functions. */
const keptByLambda = 100

export const quotaNeeded = lambdas.reduce((sum, { reserved = 0 }) => sum + reserved, keptByLambda)
