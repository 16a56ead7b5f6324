namespace Sluice.Api.Endpoints;

/// <summary>How a request passes what is nearly always known at once: without being awaited, and so with nothing kept for it while it goes on.</summary>
internal static class Passing
{
    /// <param name="known">What is to be known first.</param>
    /// <param name="state">What <paramref name="goOn"/> needs besides, so that it can be static.</param>
    /// <param name="goOn">Goes on with it.</param>
    public static Task ThenAsync<T, TState>(this ValueTask<T> known, TState state, Func<TState, T, Task> goOn) =>
#pragma warning disable VSTHRD103 // It is there.
        known.IsCompletedSuccessfully ? goOn(state, known.Result) : WaitAsync(known, state, goOn);
#pragma warning restore VSTHRD103

    private static async Task WaitAsync<T, TState>(ValueTask<T> known, TState state, Func<TState, T, Task> goOn) => await goOn(state, await known);
}
