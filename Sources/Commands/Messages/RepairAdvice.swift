internal import SystemPackage

/// The command that mends a cache, as it can be copied to a shell.
func repairCommand(for cache: FilePath) -> String {
  // Always with the directory: without it the command would mend the default cache, and say that all is well.
  "`wasmprecompile cache verify --repair --cache-dir \(shellWord(cache))`"
}

/// A path as a word of a command that can be copied to a shell.
func shellWord(_ path: FilePath) -> String {
  let path = path.printable
  let isPlain = path.utf8.allSatisfy {
    UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0
      || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || "/._-+@%,:=".utf8.contains($0)
  }
  return isPlain ? path : "'\(path.replacing("'", with: #"'\''"#))'"
}
