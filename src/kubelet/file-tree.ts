/**
 * A virtual file system: a tree of directories, files and symbolic links. Volumes, image layers and a node's
 * disk are trees; a container sees its image's tree with volumes mounted over it.
 */
export interface FileNode {
  readonly type: 'file'
  /** Text or bytes; a function is asked at each read (files of /proc, tokens made on demand). */
  content: string | Uint8Array | (() => string | Uint8Array)
  mode: number
  mtimeMs: number
}

export interface DirectoryNode {
  readonly type: 'directory'
  readonly entries: Map<string, TreeNode>
  mode: number
  mtimeMs: number
}

export interface LinkNode {
  readonly type: 'link'
  readonly target: string
  mtimeMs: number
}

export type TreeNode = FileNode | DirectoryNode | LinkNode

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export class FileTree {
  readonly root: DirectoryNode = directoryNode(0)
  /** Bytes that may be stored; past it writes fail with ENOSPC. */
  limitBytes = Number.POSITIVE_INFINITY
  /** Runs before the content is first looked at: volumes whose content is fetched on demand. */
  #load: ((done: () => void) => void) | undefined
  #listeners: (() => void)[] | undefined

  /** Runs `load` once, before anybody reads. */
  lazily(load: (done: () => void) => void): void {
    this.#load = load
  }

  /** Calls back once the content is there; at once when it is. */
  ready(done: () => void): void {
    const load = this.#load
    if (load === undefined) {
      done()
      return
    }
    load(() => {
      this.#load = undefined
      done()
    })
  }

  onChange(run: () => void): () => void {
    const listeners = (this.#listeners ??= [])
    listeners.push(run)
    return () => {
      const at = listeners.indexOf(run)
      if (at >= 0) listeners.splice(at, 1)
    }
  }

  changed(): void {
    if (this.#listeners !== undefined) for (const run of [...this.#listeners]) run()
  }

  /** Creates the directories above, replaces what was there. `path` is relative to the root. */
  write(path: string, content: FileNode['content'], mode = 0o644, mtimeMs = 0): void {
    const parts = splitPath(path)
    const name = parts.pop()
    if (name === undefined) return
    this.mkdir(parts.join('/')).entries.set(name, { type: 'file', content, mode, mtimeMs })
  }

  link(path: string, target: string, mtimeMs = 0): void {
    const parts = splitPath(path)
    const name = parts.pop()
    if (name !== undefined) this.mkdir(parts.join('/')).entries.set(name, { type: 'link', target, mtimeMs })
  }

  mkdir(path: string, mtimeMs = 0): DirectoryNode {
    let at = this.root
    for (const part of splitPath(path)) {
      const next = at.entries.get(part)
      if (next?.type === 'directory') at = next
      else {
        const made = directoryNode(mtimeMs)
        at.entries.set(part, made)
        at = made
      }
    }
    return at
  }

  remove(path: string): void {
    const parts = splitPath(path)
    const name = parts.pop()
    if (name === undefined) return
    const parent = this.find(parts.join('/'))
    if (parent?.type === 'directory') parent.entries.delete(name)
  }

  /** Without following links; see `Vfs` for a container's view. */
  find(path: string): TreeNode | undefined {
    let at: TreeNode = this.root
    for (const part of splitPath(path)) {
      const next: TreeNode | undefined = at.type === 'directory' ? at.entries.get(part) : undefined
      if (next === undefined) return undefined
      at = next
    }
    return at
  }

  /** A deep copy; contents are shared, since writers replace them. */
  clone(): FileTree {
    const copy = new FileTree()
    copyEntries(this.root, copy.root)
    copy.limitBytes = this.limitBytes
    copy.#load = this.#load
    return copy
  }

  usedBytes(): number {
    return sizeOf(this.root)
  }
}

export function directoryNode(mtimeMs: number, mode = 0o755): DirectoryNode {
  return { type: 'directory', entries: new Map(), mode, mtimeMs }
}

/** `/a//b/./c` -> [a, b, c]; `..` goes up and stops at the root. */
export function splitPath(path: string): string[] {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..') parts.pop()
    else parts.push(part)
  }
  return parts
}

export function contentBytes(file: FileNode): Uint8Array {
  const content = typeof file.content === 'function' ? file.content() : file.content
  return typeof content === 'string' ? encoder.encode(content) : content
}

export function contentText(file: FileNode): string {
  const content = typeof file.content === 'function' ? file.content() : file.content
  return typeof content === 'string' ? content : decoder.decode(content)
}

export function contentSize(file: FileNode): number {
  const content = typeof file.content === 'function' ? file.content() : file.content
  if (typeof content !== 'string') return content.length
  // ASCII, nearly always, so that the length is the size.
  return /[\u0080-\uffff]/.test(content) ? encoder.encode(content).length : content.length
}

function copyEntries(from: DirectoryNode, to: DirectoryNode): void {
  for (const [name, node] of from.entries) {
    if (node.type !== 'directory') to.entries.set(name, { ...node })
    else {
      const made = directoryNode(node.mtimeMs, node.mode)
      to.entries.set(name, made)
      copyEntries(node, made)
    }
  }
}

function sizeOf(node: TreeNode): number {
  if (node.type === 'file') return contentSize(node)
  if (node.type === 'link') return 0
  let total = 0
  for (const entry of node.entries.values()) total += sizeOf(entry)
  return total
}

export function encodeText(text: string): Uint8Array {
  return encoder.encode(text)
}

export function decodeText(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}
