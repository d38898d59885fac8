/**
 * A container's view of files: the image's tree with volumes mounted over it. Paths are absolute. Failures carry
 * the words of the C library: `No such file or directory`.
 */
import {
  contentBytes,
  contentSize,
  contentText,
  type DirectoryNode,
  directoryNode,
  type FileTree,
  splitPath,
  type TreeNode,
} from '../file-tree.ts'

export class FileError extends Error {
  override readonly name = 'FileError'
}

export interface VfsMount {
  readonly containerPath: string
  readonly tree: FileTree
  readonly path: string
  readonly readOnly: boolean
}

interface Place {
  readonly tree: FileTree
  readonly parent: DirectoryNode | undefined
  readonly name: string
  readonly node: TreeNode | undefined
  readonly readOnly: boolean
  /** Absolute, without links. */
  readonly path: string
}

export interface FileStat {
  readonly type: TreeNode['type']
  readonly size: number
  readonly mode: number
  readonly mtimeMs: number
  readonly target?: string
}

const MAX_LINKS = 40

export class Vfs {
  readonly #root: FileTree
  readonly #mounts: readonly VfsMount[]
  readonly #now: () => number

  constructor(root: FileTree, mounts: readonly VfsMount[], now: () => number) {
    this.#root = root
    // The longest path wins, so that a mount inside another's directory is seen.
    this.#mounts = [...mounts].sort((a, b) => b.containerPath.length - a.containerPath.length)
    this.#now = now
    for (const mount of mounts) if (this.#mounts.length > 0) root.mkdir(mount.containerPath)
  }

  exists(path: string): boolean {
    try {
      return this.#walk(path, true).node !== undefined
    } catch (error) {
      if (error instanceof FileError) return false
      throw error
    }
  }

  stat(path: string, follow = true): FileStat {
    const { node } = this.#walk(path, follow)
    if (node === undefined) throw new FileError('No such file or directory')
    if (node.type === 'file') {
      return { type: 'file', size: contentSize(node), mode: node.mode, mtimeMs: node.mtimeMs }
    }
    if (node.type === 'link') {
      return {
        type: 'link',
        size: node.target.length,
        mode: 0o777,
        mtimeMs: node.mtimeMs,
        target: node.target,
      }
    }
    return { type: 'directory', size: 4096, mode: node.mode, mtimeMs: node.mtimeMs }
  }

  /** Names, sorted. */
  list(path: string): string[] {
    const place = this.#walk(path, true)
    if (place.node === undefined) throw new FileError('No such file or directory')
    if (place.node.type !== 'directory') throw new FileError('Not a directory')
    return [...place.node.entries.keys()].sort()
  }

  readText(path: string): string {
    return contentText(this.#file(path))
  }

  readBytes(path: string): Uint8Array {
    return contentBytes(this.#file(path))
  }

  write(
    path: string,
    content: string | Uint8Array,
    options: { append?: boolean; mode?: number; mtimeMs?: number } = {},
  ): void {
    const place = this.#writable(path)
    const { node } = place
    if (node?.type === 'directory') throw new FileError('Is a directory')
    // A device takes everything and keeps nothing.
    if (node?.type === 'file' && typeof node.content === 'function') return
    let next = content
    if (options.append && node?.type === 'file') {
      next =
        typeof content === 'string'
          ? contentText(node) + content
          : new Uint8Array([...contentBytes(node), ...content])
    }
    const size = typeof next === 'string' ? next.length : next.length
    const before = node?.type === 'file' ? contentSize(node) : 0
    if (size > before && place.tree.limitBytes !== Number.POSITIVE_INFINITY) {
      if (place.tree.usedBytes() + size - before > place.tree.limitBytes) {
        throw new FileError('No space left on device')
      }
    }
    const mtimeMs = options.mtimeMs ?? this.#now()
    if (node?.type === 'file') {
      node.content = next
      node.mtimeMs = mtimeMs
      if (options.mode !== undefined) node.mode = options.mode
    } else {
      place.parent!.entries.set(place.name, {
        type: 'file',
        content: next,
        mode: options.mode ?? 0o644,
        mtimeMs,
      })
    }
    place.tree.changed()
  }

  /** Makes an empty file, or gives what is there a new time. */
  touch(path: string, mtimeMs = this.#now()): void {
    const place = this.#walk(path, true)
    if (place.readOnly) throw new FileError('Read-only file system')
    if (place.node === undefined) this.write(path, '', { mtimeMs })
    else if (place.node.type !== 'link') place.node.mtimeMs = mtimeMs
  }

  mkdir(path: string, parents = false): void {
    const place = this.#walk(path, true, parents)
    if (place.node !== undefined) {
      if (parents && place.node.type === 'directory') return
      throw new FileError('File exists')
    }
    if (place.readOnly) throw new FileError('Read-only file system')
    place.parent!.entries.set(place.name, directoryNode(this.#now()))
    place.tree.changed()
  }

  symlink(target: string, path: string): void {
    const place = this.#walk(path, false)
    if (place.readOnly) throw new FileError('Read-only file system')
    if (place.node !== undefined) throw new FileError('File exists')
    place.parent!.entries.set(place.name, { type: 'link', target, mtimeMs: this.#now() })
    place.tree.changed()
  }

  remove(path: string, recursive = false): void {
    const place = this.#walk(path, false)
    if (place.node === undefined) throw new FileError('No such file or directory')
    if (place.readOnly) throw new FileError('Read-only file system')
    if (place.node.type === 'directory' && !recursive) throw new FileError('Is a directory')
    if (place.parent === undefined) throw new FileError('Device or resource busy')
    place.parent.entries.delete(place.name)
    place.tree.changed()
  }

  chmod(path: string, mode: number): void {
    const place = this.#walk(path, true)
    if (place.node === undefined) throw new FileError('No such file or directory')
    if (place.node.type !== 'link') place.node.mode = mode
    place.tree.changed()
  }

  /** The path without links, or undefined. */
  realPath(path: string): string | undefined {
    const place = this.#walk(path, true)
    return place.node === undefined ? undefined : place.path
  }

  /** Trees whose content must be there before anybody reads below `/`. */
  trees(): Iterable<FileTree> {
    return [this.#root, ...this.#mounts.map((it) => it.tree)]
  }

  /** Of the container's own layer, without volumes. */
  ownBytes(): number {
    return this.#root.usedBytes()
  }

  mounts(): readonly VfsMount[] {
    return this.#mounts
  }

  #file(path: string) {
    const { node } = this.#walk(path, true)
    if (node === undefined) throw new FileError('No such file or directory')
    if (node.type === 'directory') throw new FileError('Is a directory')
    if (node.type === 'link') throw new FileError('Too many levels of symbolic links')
    return node
  }

  #writable(path: string): Place {
    const place = this.#walk(path, true)
    if (place.readOnly) throw new FileError('Read-only file system')
    if (place.parent === undefined) throw new FileError('Is a directory')
    return place
  }

  #walk(path: string, follow: boolean, makeParents = false): Place {
    return this.#walkParts(splitPath(path), follow, makeParents, 0)
  }

  #walkParts(parts: readonly string[], follow: boolean, makeParents: boolean, links: number): Place {
    let place: Place = this.#mountAt('/') ?? {
      tree: this.#root,
      parent: undefined,
      name: '',
      node: this.#root.root,
      readOnly: false,
      path: '/',
    }
    for (let i = 0; i < parts.length; i++) {
      const last = i === parts.length - 1
      const name = parts[i]!
      const above = place.node
      if (above === undefined) throw new FileError('No such file or directory')
      if (above.type !== 'directory') throw new FileError('Not a directory')
      const at: string = place.path === '/' ? `/${name}` : `${place.path}/${name}`
      const mounted = this.#mountAt(at)
      let node: TreeNode | undefined = mounted?.node ?? above.entries.get(name)
      if (node === undefined && makeParents && !last && !place.readOnly) {
        node = directoryNode(this.#now())
        above.entries.set(name, node)
      }
      place = mounted ?? { tree: place.tree, parent: above, name, node, readOnly: place.readOnly, path: at }
      if (node?.type === 'link' && (follow || !last)) {
        if (links >= MAX_LINKS) throw new FileError('Too many levels of symbolic links')
        const base = node.target.startsWith('/') ? [] : parts.slice(0, i)
        // Links inside `parts` before this one were already replaced by what they mean.
        const target = splitPath([...base, ...node.target.split('/'), ...parts.slice(i + 1)].join('/'))
        return this.#walkParts(target, follow, makeParents, links + 1)
      }
    }
    return place
  }

  #mountAt(path: string): Place | undefined {
    for (const mount of this.#mounts) {
      if (trimSlash(mount.containerPath) !== path) continue
      const parts = splitPath(mount.path)
      const node = mount.tree.find(mount.path)
      const parent = parts.length === 0 ? undefined : mount.tree.find(parts.slice(0, -1).join('/'))
      return {
        tree: mount.tree,
        parent: parent?.type === 'directory' ? parent : undefined,
        name: parts.at(-1) ?? '',
        node: node ?? (parts.length > 0 ? mount.tree.mkdir(mount.path) : mount.tree.root),
        readOnly: mount.readOnly,
        path,
      }
    }
    return undefined
  }
}

function trimSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

/** `cwd` + a possibly relative path, normalised. */
export function resolvePath(cwd: string, path: string): string {
  return `/${splitPath(path.startsWith('/') ? path : `${cwd}/${path}`).join('/')}`
}
