import { changesOf, type DescribedSet, type ReadSet } from './read-set.ts'

/**
 * The parts of a processed template that its digest does not pin: their content may change between an approval and the
 * execution, or is code that CloudFormation runs.
 */
export function openPartsOf(set: ReadSet): readonly string[] {
  const own = [...partsOfTemplate(set.template, set.set, nestedIn(set)), ...partsOfParameters(set)]
  const nested = [...set.nested.values()].flatMap((each) =>
    openPartsOf(each).map((part) => `${part}, in ${each.set.StackName}`),
  )
  return [...new Set([...own, ...nested])]
}

/** Nested stacks whose own change set is read, and whose template is therefore pinned. */
const nestedIn = (set: ReadSet): ReadonlySet<string> =>
  new Set(
    changesOf(set).flatMap(({ ChangeSetId, LogicalResourceId: id }) =>
      ChangeSetId !== undefined && set.nested.has(ChangeSetId) ? [id] : [],
    ),
  )

function partsOfTemplate(template: string, described: DescribedSet, pinned: ReadonlySet<string>): readonly string[] {
  const parsed = parsedOf(template)
  if (parsed === undefined) return linesOf(template)
  const parameters = valuesOf(described)
  const found: string[] = []
  const { Resources = {}, ...rest } = Object(parsed) as { Resources?: object }
  for (const [id, resource] of Object.entries(Resources)) {
    const { Type = '', Properties = {} } = Object(resource) as { Type?: unknown; Properties?: object }
    if ('ServiceToken' in Object(Properties)) found.push(`the code behind the custom resource ${id}`)
    else if (/^Custom::|::CustomResource$/.test(String(Type))) found.push(`the code behind the custom resource ${id}`)
    if (Type === 'AWS::CloudFormation::Stack' && !pinned.has(id))
      found.push(`the template and the changes of the nested stack ${id}`)
    find(resource, id, parameters, found)
  }
  find(rest, '', parameters, found)
  return found
}

/** Undefined for YAML. */
function parsedOf(template: string): unknown {
  try {
    return JSON.parse(template)
  } catch {
    return undefined
  }
}

type Parameters = ReadonlyMap<string, string>
/** The values of parameters, and those that CloudFormation gives. */
function valuesOf({ Parameters, StackId, StackName }: DescribedSet): Parameters {
  const [, partition = '', , region = '', account = ''] = StackId.split(':')
  const given = {
    ...{ Region: region, AccountId: account, Partition: partition, StackId, StackName },
    URLSuffix: `amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}`,
  }
  return new Map([
    ...Object.entries(given).map(([name, value]) => [`AWS::${name}`, value] as const),
    ...Parameters.map(
      ({ ParameterKey, ParameterValue, ResolvedValue }) =>
        [ParameterKey, ResolvedValue ?? ParameterValue ?? ''] as const,
    ),
  ])
}

/** All texts by which a change set and its nested ones name things. YAML is one text. */
export function textsOf({ set, template, nested }: ReadSet): readonly string[] {
  const parsed = parsedOf(template)
  const texts = parsed === undefined ? [template] : textsWithin(parsed, valuesOf(set))
  const { StackId, Changes, Parameters, Description, Tags, NotificationARNs, RollbackConfiguration } = set
  const own = textsWithin(
    [StackId, Changes, Parameters, Description, Tags, NotificationARNs, RollbackConfiguration],
    new Map(),
  )
  return [...own, ...texts, ...[...nested.values()].flatMap(textsOf)]
}

/** Texts and names of members in a value of a template, with what its functions make of them. */
function textsWithin(value: unknown, parameters: Parameters): readonly string[] {
  if (typeof value === 'string') return [value]
  const inside = Object.entries(Object(value ?? {}))
    .flat()
    .flatMap((each) => textsWithin(each, parameters))
  return makesText(value) ? [textOf(value, parameters), ...inside] : inside
}
const makesText = (value: unknown): boolean =>
  Object.keys(Object(value ?? {})).some((name) => /^(?:Ref|Fn::Sub|Fn::Join)$/.test(name))

/** Adds what a value of the template leaves open. `of`: the resource. */
function find(value: unknown, of: string, parameters: Parameters, found: string[]): void {
  if (typeof value === 'string') findInText(value, of, found)
  if (typeof value !== 'object' || value === null) return
  const members = Object.entries(value)
  const inResource = of === '' ? '' : ` (${of})`
  if (!Array.isArray(value)) {
    const named = (pattern: RegExp) => members.find(([name]) => pattern.test(name))?.[1]
    const [bucket, key] = [named(/Bucket(?:Name|Arn|ARN)?$/i), named(/(?:^|S3|Object|File)Key$/i)]
    if (bucket !== undefined && key !== undefined && isEmpty(named(/Version(?:Id)?$/i), parameters))
      found.push(`the S3 object ${textOf(key, parameters)} without a version${inResource}`)
    for (const [name, each] of members) {
      if (name === 'Transform' || name === 'Fn::Transform')
        found.push(`what the macro ${textOf(nameOf(each), parameters)} makes of it${inResource}`)
      if (name === 'Fn::ImportValue')
        found.push(`the value of another stack's export ${textOf(each, parameters)}${inResource}`)
      if (/Image(?:Ur[il]|Identifier)?$/i.test(name) && !isPinned(textOf(each, parameters)) && isImage(each))
        found.push(`the image ${textOf(each, parameters)} without a digest${inResource}`)
      const isSource = name === 'Source' && isEmpty(Object(value)['SourceVersion'], parameters)
      if (isSource || name === 'SecondarySources')
        for (const { Type, Location } of [each].flat().map(Object) as { Type?: unknown; Location?: unknown }[])
          if (Location !== undefined && textOf(Type, parameters) === 'S3')
            found.push(`the S3 object ${textOf(Location, parameters)} without a version${inResource}`)
    }
  }
  if (makesText(value)) findInText(textOf(value, parameters), of, found)
  const inside = members.flatMap(([, each]) => (makesText(value) ? [each].flat(2).filter(isObject) : [each]))
  for (const each of inside) find(each, of, parameters, found)
}

const isObject = (value: unknown): boolean => typeof value === 'object'

/** A choice between values may be an empty one. */
function isEmpty(value: unknown, parameters: Parameters): boolean {
  const { Ref, 'Fn::If': choice } = Object(value ?? {}) as { Ref?: unknown; 'Fn::If'?: unknown }
  if (Array.isArray(choice)) return choice.slice(1).some((each) => isEmpty(each, parameters))
  return value === undefined || value === null || Ref === 'AWS::NoValue' || textOf(value, parameters) === ''
}
const nameOf = (value: unknown): unknown => Object(value)['Name'] ?? value
/** An image is a text or a function that makes one; a structure is looked into. */
const isImage = (value: unknown): boolean =>
  typeof value === 'string' ? value !== '' : Object.keys(Object(value)).some((name) => /^Ref$|^Fn::/.test(name))
const isPinned = (text: string): boolean => /@sha256:[0-9a-f]{64}/.test(text)

/** A value as text: parameters are filled in, and other functions stay as JSON. */
function textOf(value: unknown, parameters: Parameters): string {
  if (typeof value === 'string') return value
  const [[name, of] = ['', undefined]] = Object.entries(Object(value ?? {}))
  if (name === 'Ref') return parameters.get(String(of)) ?? `{${String(of)}}`
  const [text, values] = [of].flat()
  if (name === 'Fn::Sub' && typeof text === 'string')
    return text.replace(/\$\{([\w:.]+)\}/g, (all, ref: string) => {
      const own = Object(values ?? {})[ref]
      return own === undefined ? (parameters.get(ref) ?? all) : textOf(own, parameters)
    })
  if (name === 'Fn::Join' && Array.isArray(of) && Array.isArray(of[1]))
    return of[1].map((each: unknown) => textOf(each, parameters)).join(String(of[0]))
  return JSON.stringify(value)
}

function findInText(text: string, of: string, found: string[]): void {
  const inResource = of === '' ? '' : ` (${of})`
  // A function inside has braces of its own.
  for (const [all, service = '', reference = ''] of text.matchAll(/\{\{resolve:([^:]*):([\s\S]*?)\}\}(?!\})/g))
    if (!hasVersion(service, reference)) found.push(`the value of ${all}${inResource}`)
  for (const [url] of text.matchAll(/\bs3:\/\/[^\s"']+/g))
    found.push(`the S3 object ${url} without a version${inResource}`)
  for (const [url] of text.matchAll(/\bhttps:\/\/[^\s"'/]*s3[^\s"'/]*\.amazonaws\.com(?:\.cn)?\/[^\s"']+/gi))
    if (!/[?&]versionId=./.test(url)) found.push(`the S3 object ${url} without a version${inResource}`)
}

/** `ssm:name:version`; `secretsmanager:id:SecretString:key:stage:version`, whose id may be an ARN. */
function hasVersion(service: string, reference: string): boolean {
  if (service === 'ssm' || service === 'ssm-secure') return /:\d+$/.test(reference)
  const [, rest = ''] = /:SecretString(.*)$/.exec(reference) ?? []
  return service === 'secretsmanager' && (rest.split(':')[3] ?? '') !== ''
}

/** YAML is scanned by lines, without reading versions from the lines around: it lists more, never less. */
function linesOf(template: string): readonly string[] {
  const found = template.split('\n').flatMap((line) => {
    const [text, inText] = [line.trim(), [] as string[]]
    findInText(text, '', inText)
    const isNamed =
      /(?:Transform|ServiceToken|TemplateURL|ImportValue|(?:^|S3|Object|File)Key|Custom::\w+|CustomResource|Image(?:Ur[il]|Identifier)?)\b['"]?\s*:?/i.test(
        text,
      ) && !isPinned(text)
    return isNamed || inText.length > 0 ? [`the line \`${text}\``] : []
  })
  return ['parts that a scan of its lines misses: the template is YAML, which is read by lines', ...new Set(found)]
}

/** Values that CloudFormation takes from Parameter Store, and those that it answers with asterisks or not at all. */
function partsOfParameters({ set: { Parameters }, template }: ReadSet): readonly string[] {
  const { Parameters: declared } = Object(parsedOf(template)) as { Parameters?: object }
  const secret = Object.entries(declared ?? {}).flatMap(([name, of]) => (isSecret(of) ? [name] : []))
  const hidden = Parameters.flatMap(({ ParameterKey, ParameterValue, ResolvedValue }) =>
    /^\*+$/.test(ResolvedValue ?? ParameterValue ?? '*') ? [ParameterKey] : [],
  )
  const stored = Parameters.flatMap(({ ParameterKey, ParameterValue, ResolvedValue }) =>
    ResolvedValue === undefined
      ? []
      : [`the value of the parameter ${ParameterKey}, from ${ParameterValue ?? 'Parameter Store'}`],
  )
  return [...[...secret, ...hidden].map((name) => `the hidden value of the parameter ${name}`), ...stored]
}
const isSecret = (declared: unknown): boolean => String(Object(declared ?? {})['NoEcho']) === 'true'
