using Xunit.Abstractions;
using Xunit.Sdk;

namespace Sluice.TestKit;

/// <summary>What a class of tests needs and may not be there. Its tests are then skipped with the reason, if they are those of a contract.</summary>
[AttributeUsage(AttributeTargets.Class)]
public abstract class NeedsAttribute : Attribute
{
    /// <summary>Null: it is there.</summary>
    public abstract string? WhyNot { get; }
}

/// <summary>A fact of a contract, which is skipped in a class that needs what is not there: see <see cref="NeedsAttribute"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("Sluice.TestKit.ContractFactDiscoverer", "Sluice.TestKit")]
public sealed class ContractFactAttribute : FactAttribute;

/// <summary>A theory of a contract; see <see cref="ContractFactAttribute"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("Sluice.TestKit.ContractTheoryDiscoverer", "Sluice.TestKit")]
public sealed class ContractTheoryAttribute : TheoryAttribute;

public sealed class ContractFactDiscoverer(IMessageSink messages) : FactDiscoverer(messages)
{
    public override IEnumerable<IXunitTestCase> Discover(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        Needs.WhyNot(testMethod) is { } reason
            ? Needs.Skip(reason, DiagnosticMessageSink, discoveryOptions, testMethod)
            : base.Discover(discoveryOptions, testMethod, factAttribute);
}

public sealed class ContractTheoryDiscoverer(IMessageSink messages) : TheoryDiscoverer(messages)
{
    public override IEnumerable<IXunitTestCase> Discover(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo theoryAttribute) =>
        Needs.WhyNot(testMethod) is { } reason
            ? Needs.Skip(reason, DiagnosticMessageSink, discoveryOptions, testMethod)
            : base.Discover(discoveryOptions, testMethod, theoryAttribute);
}

internal static class Needs
{
    public static string? WhyNot(ITestMethod method) =>
        method.TestClass.Class.ToRuntimeType()?.GetCustomAttributes(inherit: true).OfType<NeedsAttribute>().Select(needs => needs.WhyNot).FirstOrDefault(reason => reason is not null);

    public static IEnumerable<IXunitTestCase> Skip(string reason, IMessageSink messages, ITestFrameworkDiscoveryOptions options, ITestMethod method) =>
        [new XunitSkippedDataRowTestCase(messages, options.MethodDisplayOrDefault(), options.MethodDisplayOptionsOrDefault(), method, reason)];
}
