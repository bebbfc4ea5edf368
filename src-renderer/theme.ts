import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

/** A quiet blue-green: calm enough for dense tables, distinct from every health colour. */
const tide: MantineColorsTuple = [
  '#e8f6f8',
  '#d3eaee',
  '#a6d5de',
  '#76bfcc',
  '#4eabbc',
  '#349fb3',
  '#2299ae',
  '#0f7e91',
  '#036d7e',
  '#00525f',
];

/** Neutral with a trace of blue, so that the dark theme is not black. */
const dark: MantineColorsTuple = [
  '#d3d8de',
  '#b4bcc6',
  '#95a0ac',
  '#6b7785',
  '#404b58',
  '#2e3742',
  '#222a33',
  '#1a2028',
  '#141920',
  '#0e1217',
];

export const theme = createTheme({
  primaryColor: 'tide',
  primaryShade: 7,
  autoContrast: true,
  luminanceThreshold: 0.36,
  colors: { tide, dark },
  fontFamily:
    "'Inter Variable', system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif",
  fontFamilyMonospace:
    "'JetBrains Mono Variable', ui-monospace, 'SF Mono', Consolas, 'DejaVu Sans Mono', monospace",
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' },
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '1.375rem', lineHeight: '1.3' },
      h2: { fontSize: '1.0625rem', lineHeight: '1.35' },
      h3: { fontSize: '0.9375rem', lineHeight: '1.4' },
    },
  },
  defaultRadius: 'md',
  radius: { xs: '3px', sm: '5px', md: '7px', lg: '10px', xl: '16px' },
  cursorType: 'pointer',
  focusRing: 'auto',
  components: {
    Button: { defaultProps: { size: 'sm' } },
    TextInput: { defaultProps: { size: 'sm' } },
    Select: { defaultProps: { size: 'sm', allowDeselect: false } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 250, multiline: true, maw: 340 } },
    // The placeholder that takes the first focus is no menu item, and what is in a menu has to be one.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
    Drawer: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } },
    PasswordInput: {
      defaultProps: { visibilityToggleButtonProps: { 'aria-label': 'Show or hide what is typed' } },
    },
    Modal: {
      defaultProps: {
        closeButtonProps: { 'aria-label': 'Close' },
        centered: true,
        overlayProps: { backgroundOpacity: 0.45, blur: 2 },
      },
      styles: { title: { fontWeight: 600, fontSize: '1rem' } },
    },
    Table: { defaultProps: { verticalSpacing: 7, horizontalSpacing: 'sm' } },
  },
});

const namedColours = ['red', 'orange', 'yellow', 'green', 'teal', 'blue', 'violet', 'gray', 'tide'] as const;

/** Mantine's own text on a light tint misses 4.5:1 for warm colours; these hold it in both themes. */
const readableTints = (shade: number, mix: string, tint: (colour: string) => string) =>
  Object.fromEntries(
    namedColours.flatMap((name) => [
      [
        `--mantine-color-${name}-light-color`,
        `color-mix(in srgb, var(--mantine-color-${name}-${shade}) 68%, ${mix})`,
      ],
      [`--mantine-color-${name}-light`, tint(`var(--mantine-color-${name}-6)`)],
    ]),
  );

/** White on Mantine's red 7 has 3.8:1 only, and red buttons are the ones to be read. */
const readableRed = {
  '--mantine-color-red-filled': '#c92a2a',
  '--mantine-color-red-filled-hover': '#b02323',
};

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    ...readableRed,
    ...readableTints(9, 'black', (colour) => `color-mix(in srgb, ${colour} 13%, white)`),
    '--mantine-color-placeholder': '#6b7785',
    '--mantine-color-dimmed': '#5a6673',
    '--hf-page': '#f4f6f8',
    '--hf-surface': '#ffffff',
    '--hf-raised': '#f8fafb',
    '--hf-border': '#dfe4e9',
    '--hf-hover': '#eef2f5',
    '--hf-track': '#e3e8ed',
    '--hf-ok': '#1a7f4b',
    '--hf-warning': '#9a5b00',
    '--hf-critical': '#c02a2a',
    '--hf-unknown': '#5a6673',
    '--hf-fill': '#2a8fa3',
  },
  dark: {
    ...readableRed,
    ...readableTints(2, 'white', (colour) => `color-mix(in srgb, ${colour} 18%, #151a21)`),
    '--mantine-color-placeholder': '#8a96a3',
    '--mantine-color-dimmed': '#98a4b1',
    '--hf-page': '#0e1217',
    '--hf-surface': '#151a21',
    '--hf-raised': '#1a2028',
    '--hf-border': '#29323d',
    '--hf-hover': '#1f2730',
    '--hf-track': '#2a333e',
    '--hf-ok': '#4cc38a',
    '--hf-warning': '#f0a83c',
    '--hf-critical': '#ff7b72',
    '--hf-unknown': '#98a4b1',
    '--hf-fill': '#3aa6ba',
  },
});
