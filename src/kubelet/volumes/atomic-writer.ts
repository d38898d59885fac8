/**
 * Files that change together (upstream: pkg/volume/util/atomic_writer.go): the data is in a directory named by
 * time, `..data` points to it, and what users see points into `..data`, so that one link swap changes all files.
 */
import type { FileNode, FileTree } from '../file-tree.ts'

export interface ProjectedFile {
  readonly content: FileNode['content']
  readonly mode: number
}

/** Returns false when nothing changed. */
export function writeAtomically(
  tree: FileTree,
  files: ReadonlyMap<string, ProjectedFile>,
  nowMs: number,
): boolean {
  const data = tree.find('..data')
  const old = data?.type === 'link' ? data.target : undefined
  if (old !== undefined && sameFiles(tree, old, files)) return false
  const directory = `..${stamp(nowMs)}`
  tree.mkdir(directory, nowMs)
  for (const [path, file] of files) tree.write(`${directory}/${path}`, file.content, file.mode, nowMs)
  tree.link('..data', directory, nowMs)
  const visible = new Set<string>()
  for (const path of files.keys()) visible.add(path.split('/')[0]!)
  for (const name of [...tree.root.entries.keys()]) {
    if (!name.startsWith('..') && !visible.has(name)) tree.remove(name)
  }
  for (const name of visible) if (!tree.root.entries.has(name)) tree.link(name, `..data/${name}`, nowMs)
  if (old !== undefined) tree.remove(old)
  tree.changed()
  return true
}

function sameFiles(tree: FileTree, directory: string, files: ReadonlyMap<string, ProjectedFile>): boolean {
  let seen = 0
  for (const [path, file] of files) {
    const node = tree.find(`${directory}/${path}`)
    if (node?.type !== 'file' || node.mode !== file.mode || !sameContent(node.content, file.content))
      return false
    seen++
  }
  return seen === countFiles(tree, directory)
}

function sameContent(a: FileNode['content'], b: FileNode['content']): boolean {
  if (a === b) return true
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    return a.length === b.length && a.every((byte, index) => byte === b[index])
  }
  return false
}

function countFiles(tree: FileTree, path: string): number {
  const node = tree.find(path)
  if (node === undefined) return 0
  if (node.type !== 'directory') return 1
  let count = 0
  for (const name of node.entries.keys()) count += countFiles(tree, `${path}/${name}`)
  return count
}

/** `2025_01_01_12_00_00.000000000`. */
function stamp(ms: number): string {
  const iso = new Date(ms).toISOString()
  const fraction = iso.slice(20, 23).padEnd(9, '0')
  return `${iso.slice(0, 19).replace(/[-T:]/g, '_')}.${fraction}`
}
