import Dispatch
import Glibc
import LinuxIO
import SystemPackage
import TestSupport
import Testing

struct ChildProcessTests {
  private func start(_ script: String, output: Int32 = 1) throws -> ChildProcess {
    let nullDevice = try Descriptor.open("/dev/null", O_RDWR)
    return try ChildProcess(
      executable: "/bin/sh", arguments: ["sh", "-c", script], environment: ["ONE=1"],
      descriptors: [nullDevice.raw, output == 1 ? nullDevice.raw : output, nullDevice.raw])
  }

  @Test func saysHowTheChildEnded() throws {
    #expect(try start("exit 7").wait() == .exited(status: 7))
    #expect(try start("kill -ABRT $$").wait() == .signalled(SIGABRT))
    #expect(ExitReason.exited(status: 7).description == "exited with status 7")
    #expect(ExitReason.signalled(SIGABRT).description == "was ended by signal 6 (aborted)")
    #expect(ExitReason.signalled(SIGKILL).description == "was ended by signal 9 (killed)")
  }

  @Test func isReapedOnce() throws {
    let child = try start("exit 7")
    #expect(child.wait() == .exited(status: 7))
    #expect(child.wait() == nil)
    child.kill()
  }

  @Test func killEndsAChildThatAnotherThreadWaitsFor() throws {
    let child = try start("exec sleep 1000")
    let queue = DispatchQueue(label: "waiter")
    let ended = DispatchSemaphore(value: 0)
    queue.async {
      #expect(child.wait() == .signalled(SIGKILL))
      ended.signal()
    }
    child.kill()
    ended.wait()
  }

  @Test func doesNotOutliveItsOwner() throws {
    let pair = try MessageSocket.pair()
    let pid: pid_t
    do {
      let child = try start("echo $$; exec sleep 1000", output: pair.given.raw)
      let line = try pair.keep().receive(limit: 100).bytes
      pid = try #require(pid_t(String(decoding: line.dropLast(), as: UTF8.self)))
      #expect(kill(pid, 0) == 0)
      withExtendedLifetime(child) {}
    }
    #expect(kill(pid, 0) == -1 && errno == ESRCH)
  }

  @Test func hasOnlyWhatItWasGiven() throws {
    let secret = try MemoryFile(name: "secret")
    let output = try MemoryFile(name: "output")
    let number = secret.descriptor.raw
    let child = try start(
      "echo $ONE$HOME; [ ! -e /proc/self/fd/\(number) ] && echo closed", output: output.descriptor.raw)
    #expect(child.wait() == .exited(status: 0))
    let mapping = try Mapping(output.descriptor, size: try output.descriptor.status().size)
    #expect(String(decoding: mapping.bytes, as: UTF8.self) == "1\nclosed\n")
  }

  /// Descriptors may have numbers under which the child is given others.
  @Test func eachDescriptorComesToItsPlaceWhateverItsNumber() throws {
    let one = try MemoryFile(name: "one")
    let output = try MemoryFile(name: "output")
    let child = try ChildProcess(
      executable: "/bin/sh", arguments: ["sh", "-c", "readlink /proc/self/fd/0 /proc/self/fd/2"],
      environment: ["PATH=/bin"],
      descriptors: [one.descriptor.raw, output.descriptor.raw, STDIN_FILENO])
    #expect(child.wait() == .exited(status: 0))
    let lines = String(decoding: try output.descriptor.contents(), as: UTF8.self).split(separator: "\n")
    let expected = try Descriptor.symbolicLinkTarget(of: "/proc/self/fd/0").string
    #expect(lines == ["/memfd:one (deleted)", Substring(expected)])
  }

  @Test func programThatCannotStartIsAnError() throws {
    #expect(throws: SystemError("posix_spawn", .noSuchFileOrDirectory)) {
      _ = try ChildProcess(executable: "/nowhere/program", arguments: ["x"], environment: [], descriptors: [])
    }
    #expect(throws: SystemError("posix_spawn", .permissionDenied)) {
      _ = try ChildProcess(executable: "/dev/null", arguments: ["x"], environment: [], descriptors: [])
    }
  }
}
