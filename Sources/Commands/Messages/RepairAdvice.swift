internal import SystemPackage

/// The command that mends a cache, as it can be copied to a shell.
func repairCommand(for cache: FilePath) -> String {
  // Always with the directory: without it the command would mend the default cache, and say that all is well.
  let path = cache.printable
  let isPlain = path.utf8.allSatisfy {
    UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0
      || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || "/._-+@%,:=".utf8.contains($0)
  }
  let word = isPlain ? path : "'\(path.replacing("'", with: #"'\''"#))'"
  return "`wasmprecompile cache verify --repair --cache-dir \(word)`"
}
