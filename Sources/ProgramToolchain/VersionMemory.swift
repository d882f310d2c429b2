internal import Glibc
internal import LinuxIO
internal import SystemPackage

extension FoundCompiler {
  /// Whether what the compiler says of itself stays the same for as long as its files do.
  ///
  /// A script, or a launcher as ccache is, runs another program, which nobody names here. So it is asked in each run.
  var versionFollowsFiles: Bool {
    programs.values.allSatisfy { path in
      let path = path.resolved ?? path
      guard !Self.launchers.contains(path.lastComponent?.string ?? ""),
        let file = try? Descriptor.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY),
        let start = try? file.bytes(count: Self.elf.count)
      else { return false }
      return start == Self.elf
    }
  }

  private static let elf: [UInt8] = [0x7f, 0x45, 0x4c, 0x46]
  private static let launchers: Set = ["ccache", "sccache", "distcc", "icecc", "busybox"]
}
