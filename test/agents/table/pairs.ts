/** The tested MCP servers and clients, by their packages on npm and PyPI. */
export const servers = {
  filesystem: '@modelcontextprotocol/server-filesystem',
  git: 'mcp-server-git',
  sqlite: 'mcp-server-sqlite',
  everything: '@modelcontextprotocol/server-everything',
  awsApi: 'awslabs.aws-api-mcp-server',
} as const

export const hosts = {
  official: '@modelcontextprotocol/client',
  first: '@modelcontextprotocol/sdk',
  aiSdk: '@ai-sdk/mcp',
  langchain: '@langchain/mcp-adapters',
  python: 'mcp',
  fastmcp: 'fastmcp',
} as const

export const pairs = [
  ['filesystem', 'official'],
  ['filesystem', 'first'],
  ['filesystem', 'aiSdk'],
  ['filesystem', 'langchain'],
  ['filesystem', 'python'],
  ['filesystem', 'fastmcp'],
  ['git', 'official'],
  ['git', 'python'],
  ['sqlite', 'first'],
  ['sqlite', 'fastmcp'],
  ['everything', 'aiSdk'],
  ['everything', 'langchain'],
  ['everything', 'python'],
  ['awsApi', 'official'],
  ['awsApi', 'fastmcp'],
] as const satisfies readonly (readonly [keyof typeof servers, keyof typeof hosts])[]
