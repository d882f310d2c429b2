import Foundation
import Glibc
import TestSupport
import Testing

/// The disk holds what the file system has written out by the moment at which the power goes.
@Suite struct PowerCutTests {
  /// Loop devices, and a file system that is in common use.
  static let canCut =
    geteuid() == 0
    && (try? Command(
      program: "sh", arguments: ["-c", "command -v mkfs.ext4 && losetup -f"],
      environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"], directory: "/"
    ).run().ending) == .exited(0)

  /// What a run has acknowledged by its end is there: a copy of the disk at that moment is what the next start finds. They are
  /// so many that they are published together.
  @Test(.needs(canCut, "root, loop devices and mkfs.ext4"))
  func whatWasAcknowledgedOutlivesAPowerCut() throws {
    try Sandbox.use { box in
      for number in 1...300 { try box.write(WasmBinary.returning(number), to: "modules/\(number).wasm") }
      let script = """
        truncate -s 64M disk
        mkfs.ext4 -q -F disk
        mkdir before after
        mount -o loop,lazytime disk before
        "$0" --cache-dir "$PWD/before/cache" modules
        cp disk cut
        mount -o loop cut after
        "$0" cache verify --cache-dir "$PWD/after/cache"
        """
      var command = box.command("unshare", ["--mount", "sh", "-euc", "\(script)", "\(box.executable)"])
      command.environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
      let run = try command.run()
      #expect(run.ending == .exited(0), "\(run.errors)")
      #expect(run.output.masked == "300 entries, SIZE: all good\n")
    }
  }
}
