import Glibc
import TestSupport
import Testing

@testable import LinuxIO

struct EnvironmentVariablesTests {
  private func texts(_ variables: EnvironmentVariables) -> [String] {
    variables.entries.map { entry in
      #expect(entry.last == 0)
      return String(decoding: entry.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }

  @Test func setsAVariableInThePlaceOfOneOfItsName() {
    var variables: EnvironmentVariables = ["A=1", "AB=2"]
    variables.set("A", to: Array("3".utf8))
    variables.append("C=4")
    #expect(texts(variables) == ["AB=2", "A=3", "C=4"])
    variables.remove("AB")
    variables.remove("absent")
    #expect(texts(variables) == ["A=3", "C=4"])
  }

  /// In a process of its own, whose environment it changes.
  @Test func inheritsByteForByte() async {
    await #expect(processExitsWith: .success) {
      clearenv()
      let value: [CChar] = [-1, -2, 0]
      setenv("ONE_A", value, 1)
      setenv("TWO", "2", 1)
      precondition(
        EnvironmentVariables(inheriting: ["ONE_"]).entries == [Array("ONE_A=".utf8CString.dropLast()) + value])
      precondition(EnvironmentVariables(inheriting: nil).entries.count == 2)
      precondition(EnvironmentVariables(inheriting: ["one", "TWO=3"]).entries.isEmpty)
      precondition(EnvironmentVariables.hasName(startingWith: "ONE_"))
      precondition(EnvironmentVariables.hasName(startingWith: "TW"))
      precondition(!EnvironmentVariables.hasName(startingWith: "THREE"))
      clearenv()
      precondition(!EnvironmentVariables.hasName(startingWith: ""))
    }
  }
}
