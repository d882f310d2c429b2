package import SystemPackage
package import LinuxIO
package struct ExcludePattern: Sendable { package init(_ t: String) {} }
package struct ScanProblem: Sendable { package let path: FilePath; package let isWarning: Bool; package let description: String }
package struct SF { let path: FilePath }
package struct ModuleScanner {
  struct Options { var excludes: [ExcludePattern]; var followLinks: Bool; var jobs: Int; var skippedDirectories: Set<FileIdentity> = [] }
  init(_ o: Options) {}
  func scan(_ roots: [FilePath]) -> ScanResult {
    var r = ScanResult()
    func walk(_ p: FilePath, top: Bool) {
      guard let s = try? Descriptor.status(of: p) else { return }
      if s.kind == .directory { guard let d = try? Descriptor.open(p, 0) else { return }; for n in ((try? d.names()) ?? []).sorted(by: { $0.string < $1.string }) { walk(p.appending(n), top: false) } }
      else if top || p.string.hasSuffix(".wasm") { r.files.append(SF(path: p)) }
    }
    for x in roots { walk(x, top: true) }
    return r
  }
}
package struct ScanResult { var problems: [ScanProblem] = []; var emptyRoots: [Int] = []; var files: [SF] = []; func map<T>(_ f: (SF) -> T) -> [T] { files.map(f) } }
