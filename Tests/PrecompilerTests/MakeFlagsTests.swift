import LinuxIO
import SystemPackage
import Testing

@testable import Precompiler

struct MakeFlagsTests {
  private func flags(_ text: String) -> MakeFlags { MakeFlags(text.utf8) }

  @Test(
    arguments: [
      ("", false, false), (" -j4 --jobserver-auth=3,4", false, false), ("n", true, false), ("s", false, true),
      ("kns -j4", true, true), ("t", true, false), ("-n", false, false), (" --no-print-directory", false, false),
      ("N=n", false, false),
      (" -- n=s", false, false), ("w", false, false),
    ]) func lettersOfTheFirstWord(_ text: String, isDryRun: Bool, isSilent: Bool)
  {
    #expect(flags(text).isDryRun == isDryRun)
    #expect(flags(text).isSilent == isSilent)
    #expect(flags(text).jobserver == nil || text.contains("auth"))
  }

  @Test(
    arguments: [
      (" -j4 --jobserver-auth=3,4", JobserverAddress.pipe(reading: 3, writing: 4)),
      (" -j4 --jobserver-fds=5,6", .pipe(reading: 5, writing: 6)),
      (" --jobserver-auth=3,4 -j8 --jobserver-auth=fifo:/tmp/GMfifo12", .fifo("/tmp/GMfifo12")),
      (#"k --jobserver-auth=fifo:/with\ space/and\\backslash -- A=1"#, .fifo(#"/with space/and\backslash"#)),
      (" --jobserver-auth=-2,-2", .withheld), (" --jobserver-auth=3,-1", .withheld),
      (" --jobserver-auth=sem:name", .unknown), (" --jobserver-auth=", .unknown), (" --jobserver-auth=3", .unknown),
      (" --jobserver-auth=3,4,5", .unknown), (" --jobserver-auth=99999999999,4", .unknown),
    ]) func theLastAddressCounts(_ text: String, _ address: JobserverAddress)
  {
    #expect(flags(text).jobserver == address)
  }

  @Test func aQuestionIsToldFromADryRun() {
    #expect(flags("kq").isQuestion && !flags("kq").isDryRun)
    #expect(!flags("n").isQuestion && !flags(" -j4 -- A=q").isQuestion)
  }

  @Test func variablesAreNoFlags() {
    #expect(flags(" -j4 -- A=x --jobserver-auth=3,4").jobserver == nil)
    #expect(flags(#" -- A=x\ --jobserver-auth=3,4"#).jobserver == nil)
  }

  @Test func pathsNeedNotBeText() {
    let flags = MakeFlags(Array(" --jobserver-auth=fifo:/".utf8) + [0xff])
    #expect(flags.jobserver == .fifo(.init(bytes: [0x2f, 0xff])))
  }
}
