import { type CatalogueEntry, pinnedBy } from '../policy/catalogue.ts'
import type { CredentialId, Json, JsonObject, NumericDate } from '../values.ts'

/** A call with AWS credentials of ours, as CloudTrail has it. */
export type RecordedCall = {
  /** CloudTrail's: what is told twice is one call. */
  id: string
  at: NumericDate
  /** `ssm` */
  service: string
  /** `PutParameter` */
  name: string
  account: string
  region: string
  resources: readonly string[]
  error?: string
  /** They are compared with what was approved, and then dropped. */
  parameters?: JsonObject
  credential?: CredentialId
}

/** Where CloudTrail's name of a service is not IAM's. */
const prefixes: { readonly [service: string]: string } = { monitoring: 'cloudwatch', email: 'ses' }

/** Lambda and others put the version of their API at the end: `UpdateFunctionConfiguration20150331v2`. */
export const actionOf = ({ service, name }: Pick<RecordedCall, 'service' | 'name'>): string =>
  `${prefixes[service] ?? service}:${name.replace(/\d{4}_?\d{2}_?\d{2}(?:v\d+)?$/, '')}`

export function compareArguments(
  { parameters = {}, account }: RecordedCall,
  entry: CatalogueEntry,
  approved: { arguments: JsonObject; resource: string | undefined },
): { differs: string[]; beyond: string[] } {
  const known = Object.keys(entry.arguments.properties)
  const pinned = pinnedBy(entry)
  const differs = known.filter((name) => {
    const value = shownValue(parameters, name)
    if (value === undefined) return false
    const wanted = approved.arguments[name]
    // The value that a member has when it is left out.
    if (wanted === undefined) return value !== false && value !== 'false'
    if (typeof wanted === 'object' || String(value) === String(wanted)) return false
    return !(pinned.includes(name) && names(String(value), String(wanted), { ...approved, account }))
  })
  const beyond = Object.keys(parameters).filter(
    (member) => isSaid(parameters[member]) && !known.some((name) => name === member || lowerFirst(name) === member),
  )
  return { differs, beyond }
}

/** A resource may be given by its ARN. */
const names = (
  value: string,
  wanted: string,
  { resource, account }: { resource: string | undefined; account: string },
): boolean =>
  value === resource ||
  (value.startsWith('arn:') && value.split(':')[4] === account && value.split(/[:/]/).at(-1) === wanted)

/** CloudTrail hides what may be secret, in words of its own, and shows structures in part: those say nothing. */
export function shownValue(parameters: JsonObject, name: string): string | number | boolean | undefined {
  const value = parameters[name] ?? parameters[lowerFirst(name)]
  if (value === undefined || value === null || typeof value === 'object') return undefined
  return typeof value === 'string' && /^(?:HIDDEN_DUE_TO|\*{3})/.test(value) ? undefined : value
}

const isSaid = (value: Json | undefined): boolean => value !== undefined && value !== null && value !== ''

/** CloudTrail's members begin with a small letter, AWS's own mostly with a capital. */
const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)
