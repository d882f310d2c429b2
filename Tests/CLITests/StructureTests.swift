import Foundation
import TestSupport
import Testing

/// `.ci/structure` finds the circles of files that it is there to find, and no others.
@Suite struct StructureTests {
  private static let script = Argument("\(EngineUnderTest.packageRoot)/.ci/structure")

  private func structure(_ arguments: Argument..., in box: Sandbox) throws -> CommandResult {
    try box.command("python3", [Self.script] + arguments).run()
  }

  /// Writes a package of one target.
  private func writePackage(_ files: [String: String], papers: String = "", to box: Sandbox) throws {
    let package = """
      let package = Package(
        products: [.plugin(name: "P", targets: ["P"])],
        targets: [.systemLibrary(name: "C"), .target(name: "T", dependencies: ["C", other], swiftSettings: strict)])
      """
    try box.write(package, to: "Package.swift")
    try box.write(papers, to: "ARCHITECTURE.md")
    for (name, text) in files { try box.write(text, to: "Sources/T/\(name)") }
  }

  private static let circle = [
    "A.swift": "struct A {\n  var b: B?\n}\n", "B.swift": "struct B { func c() -> Int { make().c } }\n",
    "C.swift": "func make() -> A { A() }\n", "D.swift": "let d = A()\n",
  ]

  @Test func thisPackageHasOnlyTheCirclesThatAreMeant() throws {
    try Sandbox.use { box in
      let run = try structure("--check", in: box)
      #expect(run.ending == .exited(0), "\(run.errors)")
    }
  }

  @Test func aPlantedCircleIsNamedWithAReferenceForEachEdge() throws {
    try Sandbox.use { box in
      try writePackage(Self.circle, to: box)
      let run = try structure("--check", "--root", ".", in: box)
      #expect(run.ending == .exited(1))
      #expect(
        run.errorLines == [
          "T: error: a circle of files: A.swift B.swift C.swift",
          "  Sources/T/A.swift:2: uses B of B.swift",
          "  Sources/T/B.swift:1: uses make of C.swift",
          "  Sources/T/C.swift:1: uses A of A.swift",
        ])
      #expect(
        try structure("--root", ".", in: box).output == """
          C: 0 files, 0 lines
          T: 4 files, 6 lines; uses C
            circle: A.swift B.swift C.swift

          """)
    }
  }

  @Test func aCircleThatIsMeantPassesForAsLongAsItIsThere() throws {
    try Sandbox.use { box in
      let papers = "# Papers\n\n```circles\nT: A.swift B.swift C.swift: they belong together\n```\n"
      try writePackage(Self.circle, papers: papers, to: box)
      #expect(try structure("--check", "--root", ".", in: box).ending == .exited(0))
      try box.write("func make() -> Int { 1 }\n", to: "Sources/T/C.swift")
      let run = try structure("--check", "--root", ".", in: box)
      #expect(run.ending == .exited(1))
      #expect(
        run.errors == "ARCHITECTURE.md: error: T has no such circle any more: A.swift B.swift C.swift\n")
    }
  }

  /// Everything in the second file looks like a reference to the first, and nothing is.
  @Test(arguments: [
    // Comments and strings, nested and with hashes.
    "// A\n/* /* A */ A */\nlet b = \"A \\\" A\" + #\"A \" \\(A) A\"# + \"\"\"\n  A \" A\n  \"\"\"",
    // A type of its own, in a type, in an extension, in a function, or a parameter.
    "private struct A {}\nlet b = A()", "struct C { struct A {}\n  var a: A }",
    "extension Int { enum A {} }\nextension Int { func b(_: A) {} }",
    "struct D { struct C { typealias A = Int } }\nlet c: D.C.A = 1",
    "func b(make: () -> Int) -> Int { make() }", "struct C { func make() {}\n  func b() { make() } }",
    // Members and labels.
    "let b = b.A + b.make()", "func b(_ make: () -> Int) -> Int { make() }",
    // Another module's.
    "import struct Other.A\nimport A", "let b = Other.A()",
  ])
  func whatIsNoReferenceDrawsNone(_ text: String) throws {
    try Sandbox.use { box in
      let first = "struct A { var b: B? }\nfunc make() {}\nfunc back() -> B { B() }\n"
      try writePackage(["First.swift": first, "Second.swift": text + "\nstruct B {}\n"], to: box)
      let run = try structure("--check", "--root", ".", in: box)
      #expect(run.ending == .exited(0), "\(run.errors)")
    }
  }

  @Test(arguments: [
    "let c = \"\\(A())\"", "let c = #\"\\#(make())\"#", "extension A {}", "let c: A.Inner? = nil", "let c: [T.A] = []",
    "extension A.Inner {}", "func c() -> Outer.Late { .init() }",
  ])
  func aReferenceInAnyPlaceDrawsOne(_ text: String) throws {
    try Sandbox.use { box in
      let first = "struct A { struct Inner { var b: B } }\nfunc make() {}\nextension Outer { struct Late {} }\n"
      try writePackage(["First.swift": first, "Second.swift": text + "\nstruct B {}\n"], to: box)
      let run = try structure("--check", "--root", ".", in: box)
      #expect(run.errorLines.first == "T: error: a circle of files: First.swift Second.swift", "\(run.errors)")
    }
  }

  @Test func theTableOfTargetsIsThatOfThePackage() throws {
    try Sandbox.use { box in
      for (table, complaints) in [
        ("| `C` | – | the system's |\n| `T` | `C` | ours |", []),
        (
          "| `T` | – | ours |\n| `Old`, `C` | – | gone |",
          [
            "ARCHITECTURE.md: error: the row of T should begin: | `T` | `C` |",
            "ARCHITECTURE.md: error: there is no target Old",
          ]
        ),
      ] {
        let papers = "## Targets\n\n\(table)\n\n## Else\n\n| `X` | – |\n"
        try writePackage(["A.swift": "struct A {}\n"], papers: papers, to: box)
        let run = try structure("--check", "--root", ".", in: box)
        #expect(run.ending == .exited(complaints.isEmpty ? 0 : 1))
        #expect(run.errorLines == complaints)
      }
    }
  }

  /// What was cut off a file for length is a part of it.
  @Test func filesWithAPlusAreOneWithTheirType() throws {
    try Sandbox.use { box in
      var files = ["A.swift": "struct A {}\n", "A+More.swift": "extension A { var b: B { B() } }\n"]
      files["B.swift"] = "struct B {}\n"
      try writePackage(files, to: box)
      #expect(try structure("--check", "--root", ".", in: box).ending == .exited(0))
      files["B.swift"] = "struct B { var a: A }\n"
      try writePackage(files, to: box)
      let run = try structure("--check", "--root", ".", in: box)
      #expect(
        run.errorLines == [
          "T: error: a circle of files: A.swift B.swift",
          "  Sources/T/A+More.swift:1: uses B of B.swift", "  Sources/T/B.swift:1: uses A of A.swift",
        ])
    }
  }
}
