import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { elsewhere, home, root, runApp, stackName } from './support/assembly.ts'
import { everything, isAllowed } from './support/judge.ts'
import {
  listOf,
  resourcesOf,
  rightsOf,
  type Statement,
  statementsOf,
  type Template,
  templateOf,
  textOf,
  theOnly,
} from './support/template.ts'

/** The log in another account, where no administrator of Hotwork's account can touch it. */

const bucket = 'example-hotwork-log'
const outdir = mkdtempSync(join(tmpdir(), 'hotwork-anchor-'))
let desk: Template
let anchor: Template
beforeAll(() => {
  const sample = JSON.parse(readFileSync(join(root, 'test/policies/deployment.json'), 'utf8'))
  const deployment = join(outdir, 'deployment.json')
  const { target } = sample.accounts
  const accounts = { target: { ...target, accountId: home, region: 'eu-central-1' } }
  const content = { ...sample, accounts, anchor: { retentionDays: 2557, elsewhere: { accountId: elsewhere, bucket } } }
  writeFileSync(deployment, JSON.stringify(content))
  const { status, stdout, stderr } = runApp({ stackName, deployment }, outdir)
  if (status !== 0) throw new Error(`the app did not synthesize:\n${stdout}${stderr}`)
  desk = templateOf(join(outdir, `${stackName}.template.json`))
  anchor = templateOf(join(outdir, `${stackName}Anchor.template.json`))
}, 300_000)
afterAll(() => rmSync(outdir, { recursive: true, force: true }))

const bucketArn = `arn:aws:s3:::${bucket}`
const notary = `arn:aws:iam::${home}:role/hotwork/${stackName}-notary`
const reader = `arn:aws:iam::${home}:role/${stackName}-ReadLogRole`

test('the bucket is locked for as long as the deployment says, versioned, private, and outlives its stack', () => {
  const kept = theOnly(anchor, 'AWS::S3::Bucket')
  expect(kept).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' })
  expect(kept.Properties).toMatchObject({
    BucketName: bucket,
    ObjectLockEnabled: true,
    ObjectLockConfiguration: {
      ObjectLockEnabled: 'Enabled',
      Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 2557 } },
    },
    VersioningConfiguration: { Status: 'Enabled' },
    OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
  })
  expect(kept.Properties).not.toHaveProperty('LifecycleConfiguration')
})

test('its stack holds nothing else that could act: no role, no function', () => {
  expect(Object.values(anchor.Resources).map(({ Type }) => Type)).toEqual(
    expect.arrayContaining(['AWS::S3::Bucket', 'AWS::S3::BucketPolicy']),
  )
  for (const type of ['AWS::IAM::Role', 'AWS::IAM::Policy', 'AWS::Lambda::Function'])
    expect(resourcesOf(anchor, type)).toEqual([])
})

describe('by its policy', () => {
  /** The bucket and the partition by their names. */
  const resolved = (value: unknown): unknown =>
    JSON.parse(
      JSON.stringify(value, (_key, each) => {
        if (typeof each !== 'object' || each === null || Array.isArray(each)) return each
        const text = ['Fn::GetAtt', 'Fn::Join', 'Ref'].some((intrinsic) => intrinsic in each) ? textOf(each) : undefined
        return text === undefined ? each : text.replace(/<[^>]*Bucket>/, bucketArn).replace('<AWS::Partition>', 'aws')
      }),
    )
  const policy = () =>
    resolved(statementsOf(theOnly(anchor, 'AWS::S3::BucketPolicy').Properties['PolicyDocument'])) as Statement[]

  type Call = { by?: string; action: string; path?: string; headers?: string; tls?: boolean }
  /** Whether the bucket lets a call through whose caller's own policies allow all. */
  const may = ({ by = notary, action, path = '/tile/0/000.p/1', headers = 'if-none-match', tls = true }: Call) =>
    isAllowed({
      ...{ role: by, action, resource: `${bucketArn}${path}`, owner: elsewhere, identity: [everything] },
      context: { 'aws:SecureTransport': String(tls), ...(headers !== '' && { [`s3:${headers}`]: '*' }) },
      trust: policy().map((statement) => ({ ...statement })),
    })

  test.each<[what: string, call: Call]>([
    ['the notary adds a tile that is not there', { action: 's3:PutObject' }],
    [
      'the notary replaces the checkpoint that it read',
      { action: 's3:PutObject', path: '/checkpoint', headers: 'if-match' },
    ],
    ['the notary reads', { action: 's3:GetObject', headers: '' }],
    ['a reader of Hotwork reads', { by: reader, action: 's3:GetObject', headers: '' }],
    ['a reader of Hotwork learns what is not there', { by: reader, action: 's3:ListBucket', path: '', headers: '' }],
  ])('%s', (_what, call) => expect(may(call)).resolves.toBe(true))

  const administrators = {
    here: `arn:aws:iam::${home}:role/Administrator`,
    there: `arn:aws:iam::${elsewhere}:role/Administrator`,
  }
  test.each<[what: string, call: Call]>([
    ['a reader of Hotwork adds', { by: reader, action: 's3:PutObject' }],
    ["an administrator of Hotwork's account adds", { by: administrators.here, action: 's3:PutObject' }],
    ["an administrator of the bucket's own account adds", { by: administrators.there, action: 's3:PutObject' }],
    ['a stranger reads', { by: 'arn:aws:iam::333333333333:role/x', action: 's3:GetObject', headers: '' }],
    ['the notary puts without saying what it replaces', { action: 's3:PutObject', headers: '' }],
    ['the notary replaces a tile', { action: 's3:PutObject', headers: 'if-match' }],
    ['the notary adds without TLS', { action: 's3:PutObject', tls: false }],
    ['a reader of Hotwork reads without TLS', { by: reader, action: 's3:GetObject', headers: '', tls: false }],
    ...[notary, administrators.here, administrators.there].flatMap((by) =>
      ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:BypassGovernanceRetention'].map((action): [string, Call] => [
        `${by} may ${action}`,
        { by, action, headers: '' },
      ]),
    ),
    [
      "an administrator of the bucket's own account changes how long something is kept",
      { by: administrators.there, action: 's3:PutObjectRetention', headers: '' },
    ],
  ])('never: %s', (_what, call) => expect(may(call)).resolves.toBe(false))
})

describe("in Hotwork's own account", () => {
  const ofBucket = (name: string) =>
    [...(rightsOf(desk).get(name) ?? [])].filter((right) => right.startsWith('s3:')).sort()
  const reading = [
    `s3:GetObject on arn:<AWS::Partition>:s3:::${bucket}/checkpoint`,
    `s3:GetObject on arn:<AWS::Partition>:s3:::${bucket}/tile/*`,
    `s3:ListBucket on arn:<AWS::Partition>:s3:::${bucket}`,
  ]

  test('there is no bucket', () => expect(resourcesOf(desk, 'AWS::S3::Bucket')).toEqual([]))

  test('the notary may add to the one there, three functions may read it, two its checkpoint, and no other function touches it', () => {
    expect(ofBucket('notarize-entries')).toEqual([
      ...reading,
      `s3:PutObject on arn:<AWS::Partition>:s3:::${bucket}/checkpoint`,
      `s3:PutObject on arn:<AWS::Partition>:s3:::${bucket}/tile/*`,
    ])
    const readers = ['read-log', 'reconcile-ledger', 'sign-receipt']
    for (const name of readers) expect([name, ofBucket(name)]).toEqual([name, reading])
    const drawers = ['read-requests', 'show-pages']
    // Without the list S3 answers 403 for a checkpoint that is not there yet.
    for (const name of drawers) expect([name, ofBucket(name)]).toEqual([name, [reading[0], reading[2]]])
    const others = [...rightsOf(desk)].filter(
      ([name, rights]) =>
        !['notarize-entries', ...readers, ...drawers].includes(name) &&
        listOf(rights)
          .flat()
          .some((right) => `${right}`.includes(bucket)),
    )
    expect(others).toEqual([])
  })

  test('all who use it are told its name, and the notary has the role that the bucket knows', () => {
    const told = resourcesOf(desk, 'AWS::Lambda::Function').flatMap(([, { Properties }]) => {
      const { Variables = {} } = (Properties['Environment'] ?? {}) as { Variables?: { [name: string]: unknown } }
      return 'LOG_BUCKET' in Variables ? [textOf(Variables['LOG_BUCKET'])] : []
    })
    expect(told).toEqual(Array.from({ length: 6 }, () => bucket))
    const names = resourcesOf(desk, 'AWS::IAM::Role').map(
      ([, { Properties }]) => `${textOf(Properties['Path'])}${textOf(Properties['RoleName'])}`,
    )
    expect(names).toContain(`/hotwork/${stackName}-notary`)
  })

  test('it is deployed after the stack of the bucket', () => {
    const manifest = JSON.parse(readFileSync(join(outdir, 'manifest.json'), 'utf8'))
    expect(manifest.artifacts[stackName].dependencies).toContain(`${stackName}Anchor`)
  })
})
