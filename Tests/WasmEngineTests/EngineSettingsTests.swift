import Testing
import WasmEngine

struct EngineSettingsTests {
  @Test func choicesWithoutEffectDoNotSplitTheCache() {
    for optimization in OptimizationLevel.allCases {
      for cpu in [CPUTarget.native, .baseline] {
        let winch = EngineSettings(backend: .winch, optimization: optimization, cpu: cpu)
        #expect(winch == EngineSettings(backend: .winch, cpu: cpu))
        let pulley = EngineSettings(backend: .pulley, optimization: optimization, cpu: cpu)
        #expect(pulley == EngineSettings(backend: .pulley, optimization: optimization))
        let cranelift = EngineSettings(backend: .cranelift, optimization: optimization, cpu: cpu)
        #expect(cranelift.optimization == optimization && cranelift.cpu == cpu)
      }
    }
  }
}
