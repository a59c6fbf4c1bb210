package pjrt

// function is a place in the table of functions of PJRT_Api, which is only ever appended to, with
// the function's name for errors.
type function struct {
	at   int
	name string
}

// The functions that this package calls.
var (
	errorDestroy         = function{0, "PJRT_Error_Destroy"}
	errorMessage         = function{1, "PJRT_Error_Message"}
	errorGetCode         = function{2, "PJRT_Error_GetCode"}
	pluginInitialize     = function{3, "PJRT_Plugin_Initialize"}
	eventDestroy         = function{5, "PJRT_Event_Destroy"}
	eventAwait           = function{8, "PJRT_Event_Await"}
	clientCreate         = function{10, "PJRT_Client_Create"}
	clientDestroy        = function{11, "PJRT_Client_Destroy"}
	clientPlatformName   = function{12, "PJRT_Client_PlatformName"}
	clientVersion        = function{14, "PJRT_Client_PlatformVersion"}
	clientDevices        = function{16, "PJRT_Client_AddressableDevices"}
	clientCompile        = function{20, "PJRT_Client_Compile"}
	clientFromHost       = function{22, "PJRT_Client_BufferFromHostBuffer"}
	descriptionID        = function{23, "PJRT_DeviceDescription_Id"}
	descriptionKind      = function{26, "PJRT_DeviceDescription_Kind"}
	deviceDescription    = function{29, "PJRT_Device_GetDescription"}
	deviceMemoryStats    = function{34, "PJRT_Device_MemoryStats"}
	executableDestroy    = function{40, "PJRT_Executable_Destroy"}
	executableNumOutputs = function{44, "PJRT_Executable_NumOutputs"}
	executableOptimized  = function{48, "PJRT_Executable_OptimizedProgram"}
	executableSerialize  = function{49, "PJRT_Executable_Serialize"}
	loadedDestroy        = function{50, "PJRT_LoadedExecutable_Destroy"}
	loadedExecutable     = function{51, "PJRT_LoadedExecutable_GetExecutable"}
	loadedExecute        = function{55, "PJRT_LoadedExecutable_Execute"}
	executableLoad       = function{56, "PJRT_Executable_DeserializeAndLoad"}
	bufferDestroy        = function{58, "PJRT_Buffer_Destroy"}
	bufferToHost         = function{70, "PJRT_Buffer_ToHostBuffer"}
	topologyCreate       = function{82, "PJRT_TopologyDescription_Create"}
	topologyDestroy      = function{83, "PJRT_TopologyDescription_Destroy"}
	topologyCompile      = function{89, "PJRT_Compile"}
	executableMemory     = function{96, "PJRT_Executable_GetCompiledMemoryStats"}
)
